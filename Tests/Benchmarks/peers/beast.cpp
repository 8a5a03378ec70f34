// A server on Boost.Beast, one thread, that echoes, compressed where agreed upon, or sends every message to all.
//   beast echo|compress|broadcast PORT
#include <boost/asio.hpp>
#include <boost/beast.hpp>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>
#include <unordered_set>

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;

static std::string mode;

class Session : public std::enable_shared_from_this<Session> {
public:
    explicit Session(tcp::socket socket) : stream(std::move(socket)) {}
    ~Session() { members.erase(this); }

    void begin() {
        auto self = shared_from_this();
        // One frame a message, as the others send it.
        stream.auto_fragment(false);
        if (mode == "compress") {
            beast::websocket::permessage_deflate deflate;
            deflate.server_enable = true;
            stream.set_option(deflate);
        }
        stream.async_accept([self](beast::error_code error) {
            if (error) return;
            if (mode == "broadcast") members.insert(self.get());
            self->read();
        });
    }

private:
    static std::unordered_set<Session *> members;

    struct Outgoing {
        std::shared_ptr<const std::string> payload;
        bool is_text;
    };

    beast::websocket::stream<tcp::socket> stream;
    beast::flat_buffer buffer;
    std::deque<Outgoing> queue;

    void read() {
        auto self = shared_from_this();
        stream.async_read(buffer, [self](beast::error_code error, std::size_t) {
            if (error) {
                members.erase(self.get());
                return;
            }
            if (mode != "broadcast") return self->write();
            auto payload = std::make_shared<const std::string>(beast::buffers_to_string(self->buffer.data()));
            self->buffer.consume(self->buffer.size());
            for (auto member : members) member->enqueue({payload, self->stream.got_text()});
            self->read();
        });
    }

    void write() {
        auto self = shared_from_this();
        stream.text(stream.got_text());
        stream.async_write(buffer.data(), [self](beast::error_code error, std::size_t count) {
            if (error) return;
            self->buffer.consume(count);
            self->read();
        });
    }

    void enqueue(Outgoing outgoing) {
        queue.push_back(std::move(outgoing));
        if (queue.size() == 1) write_queued();
    }

    void write_queued() {
        auto self = shared_from_this();
        stream.text(queue.front().is_text);
        stream.async_write(asio::buffer(*queue.front().payload), [self](beast::error_code error, std::size_t) {
            if (error) return;
            self->queue.pop_front();
            if (!self->queue.empty()) self->write_queued();
        });
    }
};

std::unordered_set<Session *> Session::members;

static void accept(tcp::acceptor &acceptor) {
    acceptor.async_accept([&acceptor](beast::error_code error, tcp::socket socket) {
        if (!error) {
            socket.set_option(tcp::no_delay(true));
            std::make_shared<Session>(std::move(socket))->begin();
        }
        accept(acceptor);
    });
}

int main(int count, char **arguments) {
    if (count != 3) {
        std::fprintf(stderr, "usage: beast echo|compress|broadcast PORT\n");
        return 64;
    }
    mode = arguments[1];
    asio::io_context context(1);
    auto port = static_cast<unsigned short>(std::atoi(arguments[2]));
    tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), port});
    acceptor.listen(1024);
    accept(acceptor);
    context.run();
}
