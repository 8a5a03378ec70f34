import java.io.*;
import java.net.*;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.concurrent.*;

/** An echo server that keeps memory of each connection outside the collected heap, as a native library does: PORT BYTES. */
public class OffHeap {
  private static final sun.misc.Unsafe MEMORY = memory();
  private static long bytes;

  public static void main(String[] words) throws Exception {
    bytes = Long.parseLong(words[1]);
    ServerSocket listener = new ServerSocket(Integer.parseInt(words[0]), 1024, InetAddress.getByName("127.0.0.1"));
    ExecutorService pool = Executors.newFixedThreadPool(80);
    while (true) {
      Socket peer = listener.accept();
      pool.execute(() -> {
        try (peer) {
          serve(peer);
        } catch (Exception end) {
          // The peer has gone, or spoke something else.
        }
      });
    }
  }

  private static sun.misc.Unsafe memory() {
    try {
      java.lang.reflect.Field field = sun.misc.Unsafe.class.getDeclaredField("theUnsafe");
      field.setAccessible(true);
      return (sun.misc.Unsafe) field.get(null);
    } catch (ReflectiveOperationException problem) {
      throw new IllegalStateException(problem);
    }
  }

  private static void serve(Socket peer) throws Exception {
    DataInputStream in = new DataInputStream(new BufferedInputStream(peer.getInputStream()));
    OutputStream out = peer.getOutputStream();
    String key = key(in);
    if (key == null) {
      out.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".getBytes());
      return;
    }
    if (bytes > 0) MEMORY.setMemory(MEMORY.allocateMemory(bytes), bytes, (byte) 7);
    byte[] digest = MessageDigest.getInstance("SHA-1")
        .digest((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes());
    out.write(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        + Base64.getEncoder().encodeToString(digest) + "\r\n\r\n").getBytes());
    while (echo(in, out)) {}
  }

  private static String key(DataInputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      if (head.length() > 16_000) return null;
      head.append((char) in.readUnsignedByte());
    }
    for (String line : head.toString().split("\r\n")) {
      if (line.toLowerCase().startsWith("sec-websocket-key:")) return line.substring(18).trim();
    }
    return null;
  }

  /** Answers one frame; whether more may come. */
  private static boolean echo(DataInputStream in, OutputStream out) throws IOException {
    int opcode = in.readUnsignedByte() & 15;
    int length = in.readUnsignedByte() & 127;
    if (length == 126) length = in.readUnsignedShort();
    else if (length == 127) return false;
    byte[] mask = new byte[4];
    byte[] payload = new byte[length];
    in.readFully(mask);
    in.readFully(payload);
    if (opcode == 10) return true;
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    frame.write(0x80 | (opcode == 9 ? 10 : opcode));
    frame.write(Math.min(length, 126));
    if (length >= 126) {
      frame.write(length >> 8);
      frame.write(length);
    }
    for (int i = 0; i < length; i++) frame.write(payload[i] ^ mask[i & 3]);
    out.write(frame.toByteArray());
    return opcode != 8;
  }
}
