import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.h2.H2Backend;

/**
 * java -cp … mongo-server.java FILE PORT: mongo-java-server on a port of our choice, kept in a file. Its own main class
 * knows one port only. https://github.com/bwaldvogel/mongo-java-server
 */
class Main {
    public static void main(String[] arguments) {
        MongoServer server = new MongoServer(new H2Backend(arguments[0]));
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown));
        server.bind("127.0.0.1", Integer.parseInt(arguments[1]));
    }
}
