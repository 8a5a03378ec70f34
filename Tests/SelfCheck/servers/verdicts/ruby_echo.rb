# An echo server on a pool of threads, with Ruby's own library: ruby_echo.rb PORT KIND WORKERS.
#
# KIND is what it keeps of each connection that has ended: `string`, of 64 bytes; `session`, an object with two others in
# it; `nothing`. So many WORKERS are forked and serve; with 0 it serves itself.

require "digest"
require "socket"

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CLOSE, PING, PONG = 8, 9, 10
# Room for what is kept, so that only that is new. In many arrays, for a collection keeps room for all that one array holds.
ROOM = 1000

# Ruby keeps 17 KB for each native thread that has ended, for the next one: a thread for each connection makes noise of that.
THREADS = 48

class Session
  def initialize(number)
    @user = "u#{number}"
    @log = []
  end
end

KEPT = Array.new(ROOM) { Array.new(ROOM) }

class Keeper
  def initialize(kind)
    @kind = kind
    @count = 0
    @lock = Mutex.new
  end

  def ended
    @lock.synchronize do
      KEPT[@count / ROOM % ROOM][@count % ROOM] = kept
      @count += 1
    end
  end

  private

  def kept
    case @kind
    when "string" then "x" * 64
    when "session" then Session.new(@count)
    end
  end
end

class Peer
  def initialize(socket)
    @socket = socket
  end

  # Whether it ended with a closing handshake.
  def serve
    return false unless open
    loop do
      opcode, payload = frame
      case opcode
      when nil then return false
      when CLOSE
        send_frame(CLOSE, payload)
        return true
      when PING then send_frame(PONG, payload)
      when PONG then next
      else send_frame(opcode, payload)
      end
    end
  rescue SystemCallError, IOError
    false
  ensure
    @socket.close
  end

  private

  def open
    key = nil
    while (line = @socket.gets("\r\n", 8192)) && line != "\r\n"
      name, value = line.split(":", 2)
      key = value.strip if value && name.casecmp?("Sec-WebSocket-Key")
    end
    return false unless line
    unless key
      @socket.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
      return false
    end
    accept = [Digest::SHA1.digest(key + GUID)].pack("m0")
    @socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: #{accept}\r\n\r\n")
    true
  end

  # The opcode and the payload of the next frame; nil where the connection ends.
  def frame
    first, second = @socket.read(2)&.unpack("CC")
    return unless second
    length = second & 127
    length = @socket.read(2).unpack1("n") if length == 126
    length = @socket.read(8).unpack1("Q>") if length == 127
    mask = @socket.read(4)
    payload = length.zero? ? "" : @socket.read(length)
    return unless mask && payload&.bytesize == length
    pattern = mask * (length / 4 + 1)
    index = -1
    [first & 15, payload.unpack("C*").map! { |byte| byte ^ pattern.getbyte(index += 1) }.pack("C*")]
  end

  def send_frame(opcode, payload)
    length = payload.bytesize
    head =
      if length < 126 then [0x80 | opcode, length].pack("CC")
      elsif length < 65_536 then [0x80 | opcode, 126, length].pack("CCn")
      else [0x80 | opcode, 127, length].pack("CCQ>")
      end
    @socket.write(head + payload)
  end
end

keeper = Keeper.new(ARGV[1])
server = TCPServer.new("127.0.0.1", Integer(ARGV[0]))
workers = Integer(ARGV[2])
server.listen(1024)
serve = lambda do
  threads = Array.new(THREADS) do
    Thread.new { loop { keeper.ended if Peer.new(server.accept).serve } }
  end
  threads.each(&:join)
end
serve.call if workers.zero?
workers.times { fork(&serve) }
Process.waitall
