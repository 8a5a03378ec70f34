// A server of many workers, all but one of which rest: holders COUNT DESCRIPTORS COMMAND...
//
// Starts COUNT processes that have DESCRIPTORS open, then becomes the command.
#include <stdlib.h>
#include <unistd.h>

int main(int count, char **words) {
    if (count < 4) return 64;
    for (int i = atoi(words[1]); i > 0; i--) {
        if (fork()) continue;
        for (int held = atoi(words[2]); held > 0; held--) dup(0);
        for (;;) pause();
    }
    execvp(words[3], words + 3);
    return 1;
}
