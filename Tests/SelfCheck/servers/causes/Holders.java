import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * An echo server that leaves things of each connection, each held in a way of its own: PORT [map|listener|thread] ...
 */
public class Holders {
  private static final Map<Integer, Session> SESSIONS = new ConcurrentHashMap<>();
  private static final List<Runnable> LISTENERS = Collections.synchronizedList(new ArrayList<>());
  private static List<String> leaks;
  private static int count;

  private static class Session {
    final int number;
    final List<String> log = new ArrayList<>();
    final byte[] buffer = new byte[200];

    Session(int number) {
      this.number = number;
      log.add("opened " + number);
    }
  }

  public static void main(String[] words) throws Exception {
    leaks = Arrays.asList(words).subList(1, words.length);
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

  private static synchronized void leave() {
    count += 1;
    Session session = new Session(count);
    if (leaks.contains("map")) SESSIONS.put(count, session);
    if (leaks.contains("listener")) LISTENERS.add(() -> session.log.add("news"));
    if (leaks.contains("thread")) {
      Thread thread = new Thread(Holders::pump, "session-pump-" + count);
      thread.setDaemon(true);
      thread.start();
    }
  }

  private static void pump() {
    LinkedBlockingQueue<String> messages = new LinkedBlockingQueue<>();
    try {
      messages.take();
    } catch (InterruptedException end) {
      // Nobody sends one.
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
    byte[] digest = MessageDigest.getInstance("SHA-1")
        .digest((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes());
    out.write(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        + Base64.getEncoder().encodeToString(digest) + "\r\n\r\n").getBytes());
    while (echo(in, out)) {}
    leave();
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
