import java.nio.file.Files;
import java.nio.file.Path;
import javax.websocket.OnMessage;
import javax.websocket.server.ServerContainer;
import javax.websocket.server.ServerEndpoint;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.websocket.server.WsContextListener;

/** An echo server on Tomcat's javax.websocket. */
public class TomcatEcho {
    /** Sends every message back. */
    @ServerEndpoint("/")
    public static class Echo {
        @OnMessage
        public String text(String message) {
            return message;
        }

        @OnMessage
        public byte[] binary(byte[] message) {
            return message;
        }
    }

    /** Adds the endpoint once the context has a container for it. */
    public static class Endpoints extends WsContextListener {
        @Override
        public void contextInitialized(javax.servlet.ServletContextEvent event) {
            super.contextInitialized(event);
            try {
                ServerContainer container = (ServerContainer) event.getServletContext()
                        .getAttribute("javax.websocket.server.ServerContainer");
                container.addEndpoint(Echo.class);
            } catch (Exception failure) {
                throw new IllegalStateException(failure);
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 2 || !arguments[0].equals("--port")) {
            System.err.println("usage: TomcatEcho --port PORT");
            System.exit(64);
        }
        java.util.logging.LogManager.getLogManager().reset();
        Path base = Files.createTempDirectory("tomcat-echo");
        base.toFile().deleteOnExit();
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(base.toString());
        tomcat.setPort(Integer.parseInt(arguments[1]));
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        Context context = tomcat.addContext("", base.toString());
        context.addApplicationListener(Endpoints.class.getName());
        Tomcat.addServlet(context, "default", "org.apache.catalina.servlets.DefaultServlet");
        context.addServletMappingDecoded("/", "default");
        tomcat.start();
        tomcat.getServer().await();
    }
}
