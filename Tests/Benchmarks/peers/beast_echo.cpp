// An echo server on Boost.Beast, one thread, `beast_echo PORT`.
#include <boost/asio.hpp>
#include <boost/beast.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;

class Session : public std::enable_shared_from_this<Session> {
public:
    explicit Session(tcp::socket socket) : stream(std::move(socket)) {}

    void begin() {
        auto self = shared_from_this();
        // One frame a message, as the others send it.
        stream.auto_fragment(false);
        stream.async_accept([self](beast::error_code error) {
            if (!error) self->read();
        });
    }

private:
    beast::websocket::stream<tcp::socket> stream;
    beast::flat_buffer buffer;

    void read() {
        auto self = shared_from_this();
        stream.async_read(buffer, [self](beast::error_code error, std::size_t) {
            if (!error) self->write();
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
};

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
    if (count != 2) {
        std::fprintf(stderr, "usage: beast_echo PORT\n");
        return 64;
    }
    asio::io_context context(1);
    auto port = static_cast<unsigned short>(std::atoi(arguments[1]));
    tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), port});
    acceptor.listen(1024);
    accept(acceptor);
    context.run();
}
