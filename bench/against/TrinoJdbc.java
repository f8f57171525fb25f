import java.sql.DriverManager;

/** Reads a result to its end with trino-jdbc at its defaults, each value as an object: what a tool does. */
class TrinoJdbc {
    public static void main(String[] arguments) throws Exception {
        long rows = 0;
        try (var connection = DriverManager.getConnection(arguments[0], "bench", null);
                var statement = connection.createStatement();
                var result = statement.executeQuery(arguments[1])) {
            int columns = result.getMetaData().getColumnCount();
            while (result.next()) {
                for (int i = 1; i <= columns; i++) {
                    result.getObject(i);
                }
                rows++;
            }
        }
        System.out.println(rows);
    }
}
