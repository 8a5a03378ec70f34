// An echo server on libwebsockets that keeps a record of each connection that ends, where it is told to leak:
// leaky PORT [leak|file].
#include <fcntl.h>
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What a connection has to send back: one message, because reading pauses until it is sent.
struct session {
    unsigned char *message;
    size_t length;
    size_t room;
    int is_binary;
    int is_whole;
};

struct record {
    char name[104];
    struct record *next;
};

static struct record *records;
static int leaks, leaves_files;

__attribute__((noinline)) static void remember(void)
{
    struct record *record = calloc(1, sizeof *record);
    if (!record) return;
    record->next = records;
    records = record;
}

__attribute__((noinline)) static void write_log(void)
{
    if (open("/dev/null", O_WRONLY) < 0) perror("leaky");
}

static int receive(struct lws *connection, struct session *session, const void *bytes, size_t count)
{
    if (session->length + count > 1 << 20) return -1;
    if (session->length + count > session->room) {
        size_t room = session->length + count;
        unsigned char *grown = realloc(session->message, LWS_PRE + room);
        if (!grown) return -1;
        session->message = grown;
        session->room = room;
    }
    if (count) memcpy(session->message + LWS_PRE + session->length, bytes, count);
    session->length += count;
    session->is_binary = lws_frame_is_binary(connection);
    session->is_whole = lws_is_final_fragment(connection) && !lws_remaining_packet_payload(connection);
    if (session->is_whole) {
        lws_rx_flow_control(connection, 0);
        lws_callback_on_writable(connection);
    }
    return 0;
}

static int on_event(struct lws *connection, enum lws_callback_reasons reason, void *user, void *bytes, size_t count)
{
    struct session *session = user;
    switch (reason) {
    case LWS_CALLBACK_RECEIVE:
        return receive(connection, session, bytes, count);
    case LWS_CALLBACK_SERVER_WRITEABLE:
        if (!session->is_whole) return 0;
        session->is_whole = 0;
        if (lws_write(connection, session->message + LWS_PRE, session->length,
                      session->is_binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT) < 0)
            return -1;
        session->length = 0;
        lws_rx_flow_control(connection, 1);
        return 0;
    case LWS_CALLBACK_CLOSED:
        if (leaks) remember();
        if (leaves_files) write_log();
        free(session->message);
        session->message = NULL;
        return 0;
    default:
        return 0;
    }
}

static const struct lws_protocols protocols[] = {
    {.name = "echo", .callback = on_event, .per_session_data_size = sizeof(struct session), .rx_buffer_size = 4096},
    {0},
};

int main(int count, char **arguments)
{
    if (count < 2) {
        fprintf(stderr, "usage: %s PORT [leak|file]\n", arguments[0]);
        return 64;
    }
    leaks = count > 2 && strcmp(arguments[2], "leak") == 0;
    leaves_files = count > 2 && strcmp(arguments[2], "file") == 0;
    lws_set_log_level(LLL_ERR, NULL);
    struct lws_context_creation_info info = {
        .port = atoi(arguments[1]), .iface = "127.0.0.1", .protocols = protocols, .gid = -1, .uid = -1};
    struct lws_context *context = lws_create_context(&info);
    if (!context) return 1;
    while (lws_service(context, 0) >= 0) {}
    lws_context_destroy(context);
    return 0;
}
