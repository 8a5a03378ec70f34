// The wire of a WebSocket echo server, one thread of epoll, for the servers beside it: each defines what it keeps.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// A connection was accepted: the first has number 1.
static void accepted(size_t number);
// Comes every 20 ms or more often.
static void passed(double now);

struct connection {
    int socket, is_open;
    size_t count;
    char buffer[4096];
};

static uint32_t rotated(uint32_t word, int bits) { return word << bits | word >> (32 - bits); }

static void sha1(const unsigned char *text, size_t length, unsigned char digest[20]) {
    uint32_t hash[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    unsigned char padded[256] = {0};
    size_t total = (length + 8) / 64 * 64 + 64;
    memcpy(padded, text, length);
    padded[length] = 0x80;
    for (int i = 0; i < 8; i++) padded[total - 1 - i] = (unsigned char)(length * 8 >> (8 * i));
    for (size_t start = 0; start < total; start += 64) {
        uint32_t w[80], a = hash[0], b = hash[1], c = hash[2], d = hash[3], e = hash[4];
        for (int i = 0; i < 16; i++) memcpy(&w[i], padded + start + 4 * i, 4), w[i] = ntohl(w[i]);
        for (int i = 16; i < 80; i++) w[i] = rotated(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        for (int i = 0; i < 80; i++) {
            uint32_t f = i < 20 ? (b & c) | (~b & d) : i < 40 || i >= 60 ? b ^ c ^ d : (b & c) | (b & d) | (c & d);
            uint32_t k = i < 20 ? 0x5A827999 : i < 40 ? 0x6ED9EBA1 : i < 60 ? 0x8F1BBCDC : 0xCA62C1D6;
            uint32_t next = rotated(a, 5) + f + e + k + w[i];
            e = d, d = c, c = rotated(b, 30), b = a, a = next;
        }
        hash[0] += a, hash[1] += b, hash[2] += c, hash[3] += d, hash[4] += e;
    }
    for (int i = 0; i < 20; i++) digest[i] = (unsigned char)(hash[i / 4] >> (24 - 8 * (i % 4)));
}

static void base64(const unsigned char *in, char *out) {
    const char *digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < 21; i += 3) {
        uint32_t three = (uint32_t)in[i] << 16 | in[i + 1] << 8 | (i < 18 ? in[i + 2] : 0);
        for (int j = 0; j < 4; j++) *out++ = digits[three >> (18 - 6 * j) & 63];
    }
    out[-1] = '=';
    *out = 0;
}

static void take(struct connection *peer, size_t count) {
    memmove(peer->buffer, peer->buffer + count, peer->count - count);
    peer->count -= count;
}

// Answers the opening handshake once it is there; whether the connection goes on.
static int answer(struct connection *peer) {
    char *end = memmem(peer->buffer, peer->count, "\r\n\r\n", 4), *key = strcasestr(peer->buffer, "sec-websocket-key:");
    if (!end) return peer->count < sizeof peer->buffer - 1;
    if (!key || key > end) {
        dprintf(peer->socket, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        return 0;
    }
    char text[128] = "", accept[32];
    unsigned char digest[20];
    for (key += 18; *key == ' '; key++) {}
    size_t length = strcspn(key, "\r");
    memcpy(text, key, length = length < 60 ? length : 60);
    strcpy(text + length, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    sha1((unsigned char *)text, length + 36, digest);
    base64(digest, accept);
    dprintf(peer->socket, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
    peer->is_open = 1;
    take(peer, (size_t)(end + 4 - peer->buffer));
    return 1;
}

// Echoes the frames that have arrived whole; whether the connection goes on.
static int echo(struct connection *peer) {
    while (peer->count >= 2) {
        unsigned char *frame = (unsigned char *)peer->buffer, reply[4104];
        size_t length = frame[1] & 127, head = 2, out = 0;
        int opcode = frame[0] & 15;
        if (length == 127 || !(frame[1] & 128) || opcode > 10 || (opcode > 2 && opcode < 8) || frame[0] & 0x70) {
            return (void)!write(peer->socket, "\x88\x02\x03\xea", 4), 0;
        }
        if (length == 126) {
            if (peer->count < 4) return 1;
            length = (size_t)frame[2] << 8 | frame[3], head = 4;
        }
        if (length > 4000) return 0;
        if (peer->count < head + 4 + length) return 1;
        reply[out++] = (unsigned char)((frame[0] & 0x80) | (opcode == 9 ? 10 : opcode));
        reply[out++] = (unsigned char)(length < 126 ? length : 126);
        if (length >= 126) reply[out++] = (unsigned char)(length >> 8), reply[out++] = (unsigned char)length;
        for (size_t i = 0; i < length; i++) reply[out++] = frame[head + 4 + i] ^ frame[head + i % 4];
        if (opcode != 10) (void)!write(peer->socket, reply, out);
        if (opcode == 8) return 0;
        take(peer, head + 4 + length);
    }
    return 1;
}

static int receive(struct connection *peer) {
    ssize_t count = read(peer->socket, peer->buffer + peer->count, sizeof peer->buffer - 1 - peer->count);
    if (count <= 0) return count < 0 && errno == EAGAIN;
    peer->count += (size_t)count;
    peer->buffer[peer->count] = 0;
    return (peer->is_open || answer(peer)) && (!peer->is_open || echo(peer));
}

static void serve(int port) {
    signal(SIGPIPE, SIG_IGN);
    int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0), poller = epoll_create1(0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (void *)&address, sizeof address) || listen(listener, 4096)) perror("listen"), exit(1);
    struct epoll_event event = {.events = EPOLLIN}, events[64];
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    for (size_t number = 0;;) {
        int ready = epoll_wait(poller, events, 64, 20);
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        passed((double)now.tv_sec + (double)now.tv_nsec / 1e9);
        for (int i = 0; i < ready; i++) {
            struct connection *peer = events[i].data.ptr;
            if (peer && !receive(peer)) close(peer->socket), free(peer);
            if (peer) continue;
            int socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
            if (socket < 0) continue;
            peer = calloc(1, sizeof *peer);
            peer->socket = socket;
            event = (struct epoll_event){.events = EPOLLIN, .data.ptr = peer};
            epoll_ctl(poller, EPOLL_CTL_ADD, socket, &event);
            accepted(++number);
        }
    }
}
