"""Connections that another program has, such as a browser's page: orders go there, events come back (connections.js).

Both are JSON objects that name a `connection` by its number; an order has an `action`, an event an `event`, and what is
binary is in Base64.
"""

import asyncio
import itertools
from base64 import b64decode, b64encode

from exchanges import Closed, Refused


class Remote:
    """The far end: `order` is a coroutine function that passes an order on; `happened` wants every event."""

    def __init__(self, order):
        self._order = order
        self._events = {}
        self._numbers = itertools.count(1)

    def happened(self, event):
        self._events[event["connection"]].put_nowait(event)

    def ended(self):
        """Tells every connection that the program has ended, and that there is nothing to wait for."""
        for number, events in self._events.items():
            events.put_nowait({"connection": number, "event": "the program has ended"})

    async def open(self, url, subprotocols, window_bits=None):
        number = next(self._numbers)
        self._events[number] = asyncio.Queue()
        connection = Connection(number, self._order, self._events[number])
        await connection.order("open", url=url, subprotocols=list(subprotocols), windowBits=window_bits)
        await connection.opened()
        return connection


class Connection:
    def __init__(self, number, order, events):
        self._number = number
        self._order = order
        self._events = events
        self.subprotocol = None
        self.extensions = ""

    async def order(self, action, **details):
        await self._order({"connection": self._number, "action": action, **details})

    async def opened(self):
        upgrade = {}
        while True:
            event = await self._events.get()
            if event["event"] == "upgrade":
                upgrade = event
            elif event["event"] == "refused":
                raise Refused(event["status"])
            elif event["event"] == "open":
                self.subprotocol = event["subprotocol"] or None
                # Node's ws tells the names; the parameters are in the response.
                self.extensions = event["extensions"] and upgrade.get("extensions", event["extensions"])
                return
            elif event["event"] == "close":
                raise Closed(event["code"], event["reason"])
            else:
                raise AssertionError(f"in place of being opened: {event}")

    async def send(self, message):
        await self.order("text" if isinstance(message, str) else "binary", **payload(message))

    async def send_fragments(self, parts):
        for index, part in enumerate(parts):
            await self.order("fragment", **payload(part), isLast=index == len(parts) - 1)

    async def receive(self):
        event = await self._events.get()
        if event["event"] == "text":
            return event["text"]
        if event["event"] == "binary":
            return b64decode(event["base64"])
        if event["event"] == "close":
            raise Closed(event["code"], event["reason"])
        raise AssertionError(f"in place of a message came {event}")

    async def ping(self, payload):
        await self.order("ping", base64=b64encode(payload).decode())
        event = await self._events.get()
        if event["event"] != "pong" or b64decode(event["base64"]) != payload:
            raise AssertionError(f"in place of the Pong came {event}")

    async def bytes_on_the_wire(self):
        await self.order("count")
        event = await self._events.get()
        if event["event"] != "count":
            raise AssertionError(f"in place of the bytes came {event}")
        return event["sent"], event["received"]

    async def close(self, code, reason):
        await self.order("close", code=code, reason=reason)
        try:
            message = await self.receive()
        except Closed as closed:
            return closed.code
        raise AssertionError(f"in place of the Close came {message!r}")


def payload(message):
    return {"text": message} if isinstance(message, str) else {"base64": b64encode(message).decode()}
