# An echo server that leaves things of each connection, each allocated at a line of its own.
#
#     lines.rb PORT [map|listener|thread] ...
require "base64"
require "digest"
require "socket"

class Session
  def initialize(number)
    @number = number
    @user = "user #{number}"
    @log = []
  end
end

SESSIONS = {}
LISTENERS = []
PORT, *LEAKS = ARGV
COUNT = [0]

def subscribe(socket)
  LISTENERS << ->(news) { socket.write news }
end

def leave(socket)
  number = COUNT[0] += 1
  SESSIONS[number] = Session.new(number) if LEAKS.include?("map")
  subscribe(socket) if LEAKS.include?("listener")
  Thread.new { Queue.new.pop } if LEAKS.include?("thread")
end

def frame(socket)
  head = socket.read(2) or return
  mask = socket.read(4)
  data = socket.read(head.getbyte(1) & 127)
  data = data.bytes.each_with_index.map { |byte, index| byte ^ mask.getbyte(index % 4) }.pack("C*")
  [head.getbyte(0) & 15, data]
end

def serve(socket)
  key = nil
  while (line = socket.gets) && line != "\r\n"
    key = $1 if line =~ /Sec-WebSocket-Key: (\S+)/
  end
  proof = Base64.strict_encode64(Digest::SHA1.digest("#{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
  socket.write "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
               "Sec-WebSocket-Accept: #{proof}\r\n\r\n"
  while (kind, data = frame(socket))
    socket.write [0x80 | kind, data.bytesize].pack("CC") + data
    break if kind == 8
  end
rescue SystemCallError, IOError, NoMethodError
  # The peer has gone.
ensure
  socket.close
  leave(socket)
end

server = TCPServer.new("127.0.0.1", PORT.to_i)
server.listen(512)
loop { Thread.new(server.accept) { |socket| serve(socket) } }
