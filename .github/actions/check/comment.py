#!/usr/bin/env python3
"""Posts a comparison as the comment of a pull request, or brings the one that is there up to date.

    comment.py MARKDOWN

The first line of the Markdown is a mark that does not show, by which the comment is found again. GITHUB_API_URL,
GITHUB_REPOSITORY and GITHUB_EVENT_PATH say where, as GitHub Actions sets them; INPUT_COMMENT_TOKEN lets it write. Whatever goes
wrong, the check's verdict stands: it is told as a warning, and the exit code is 0.
"""

import json
import os
import sys
import urllib.error
import urllib.request

LONGEST = 65_536
"""Characters of a comment that GitHub takes."""

MOST_PAGES = 20
PAGE = 100

ANSWER_LIMIT = 30
"""Seconds that one answer may take."""


class Refused(Exception):
    """The API does not do what is asked."""


def call(method, path, body=None):
    """The answer of the API as JSON."""
    request = urllib.request.Request(
        f"{os.environ.get('GITHUB_API_URL', 'https://api.github.com')}{path}", method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Accept": "application/vnd.github+json", "Authorization": f"Bearer {os.environ['INPUT_COMMENT_TOKEN']}",
            "Content-Type": "application/json", "User-Agent": "watertight-action", "X-GitHub-Api-Version": "2022-11-28",
        })
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_LIMIT) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        raise Refused(f"{method} {path}: {error.code} {error.reason}") from None
    except (OSError, ValueError) as error:
        raise Refused(f"{method} {path}: {error}") from None


def pull_request():
    """The number of the pull request that the job is for; None where it is for none."""
    try:
        with open(os.environ["GITHUB_EVENT_PATH"], encoding="utf-8") as file:
            return json.load(file).get("pull_request", {}).get("number")
    except (KeyError, OSError, ValueError):
        return None


def comments(place, mark):
    """The numbers of the comments that begin with the mark, the oldest first."""
    for page in range(1, MOST_PAGES + 1):
        found = call("GET", f"{place}/issues/{pull_request()}/comments?per_page={PAGE}&page={page}")
        yield from (each["id"] for each in found if (each.get("body") or "").startswith(mark))
        if len(found) < PAGE:
            return


def fitted(text):
    """Text that GitHub takes."""
    note = "\n\n… the rest is in the job's summary.\n"
    return text if len(text) <= LONGEST else text[:LONGEST - len(note)] + note


def post(text):
    """Changes the first comment with the text's mark that may be changed, otherwise makes one."""
    place = f"/repos/{os.environ['GITHUB_REPOSITORY']}"
    body = {"body": fitted(text)}
    for number in comments(place, text.split("\n", 1)[0]):
        try:
            call("PATCH", f"{place}/issues/comments/{number}", body)
            return f"comment {number} is up to date"
        except Refused as refusal:
            # Somebody else's, who quotes ours.
            print(f"watertight: {refusal}")
    return f"comment {call('POST', f'{place}/issues/{pull_request()}/comments', body)['id']} is new"


def main():
    if pull_request() is None:
        print("watertight: no comment: the job is for no pull request")
        return
    try:
        with open(sys.argv[1], encoding="utf-8") as file:
            print(f"watertight: {post(file.read())}")
    except (Refused, OSError, KeyError) as problem:
        print(f"::warning title=Watertight::the comparison could not be posted, which takes the permission "
              f"pull-requests: write: {problem}")


if __name__ == "__main__":
    main()
