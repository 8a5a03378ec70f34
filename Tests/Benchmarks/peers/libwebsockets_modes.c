// A server on libwebsockets that compresses what it echoes, or sends every message to all connections.
//   libwebsockets_modes compress|broadcast PORT
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE = 4096 };

// The message that is to be sent: with compress of the connection, with broadcast of all.
struct message {
    unsigned char bytes[LWS_PRE + MESSAGE];
    size_t length;
    int is_binary;
};

struct session {
    struct message own;
    unsigned sent;
};

static int is_broadcast;
static struct message common;
static unsigned broadcasts;

static int receive(struct lws *connection, struct session *session, const void *bytes, size_t count)
{
    struct message *message = &session->own;
    if (message->length + count > MESSAGE) return -1;
    if (count) memcpy(message->bytes + LWS_PRE + message->length, bytes, count);
    message->length += count;
    message->is_binary = lws_frame_is_binary(connection);
    if (!lws_is_final_fragment(connection) || lws_remaining_packet_payload(connection)) return 0;
    if (!is_broadcast) {
        lws_rx_flow_control(connection, 0);
        lws_callback_on_writable(connection);
        return 0;
    }
    common = *message;
    message->length = 0;
    broadcasts++;
    lws_callback_on_writable_all_protocol(lws_get_context(connection), lws_get_protocol(connection));
    return 0;
}

static int send_message(struct lws *connection, struct message *message)
{
    int kind = message->is_binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT;
    return lws_write(connection, message->bytes + LWS_PRE, message->length, kind) < 0 ? -1 : 0;
}

static int on_event(struct lws *connection, enum lws_callback_reasons reason, void *user, void *bytes, size_t count)
{
    struct session *session = user;
    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
        session->own.length = 0;
        session->sent = broadcasts;
        return 0;
    case LWS_CALLBACK_RECEIVE:
        return receive(connection, session, bytes, count);
    case LWS_CALLBACK_SERVER_WRITEABLE:
        if (is_broadcast) {
            if (session->sent == broadcasts) return 0;
            session->sent = broadcasts;
            return send_message(connection, &common);
        }
        if (!session->own.length) return 0;
        if (send_message(connection, &session->own)) return -1;
        session->own.length = 0;
        lws_rx_flow_control(connection, 1);
        return 0;
    default:
        return 0;
    }
}

static const struct lws_protocols protocols[] = {
    {.name = "messages", .callback = on_event, .per_session_data_size = sizeof(struct session), .rx_buffer_size = MESSAGE},
    {0},
};

static const struct lws_extension compressing[] = {
    {"permessage-deflate", lws_extension_callback_pm_deflate, "permessage-deflate"},
    {0},
};

int main(int count, char **arguments)
{
    if (count != 3) {
        fprintf(stderr, "usage: %s compress|broadcast PORT\n", arguments[0]);
        return 64;
    }
    is_broadcast = !strcmp(arguments[1], "broadcast");
    lws_set_log_level(LLL_ERR, NULL);
    struct lws_context_creation_info info = {
        .port = atoi(arguments[2]), .iface = "127.0.0.1", .protocols = protocols, .gid = -1, .uid = -1,
        .extensions = is_broadcast ? NULL : compressing};
    struct lws_context *context = lws_create_context(&info);
    if (!context) return 1;
    while (lws_service(context, 0) >= 0) {}
    lws_context_destroy(context);
    return 0;
}
