package org.apache.iceberg.rest;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.catalog.Namespace;

/** What the run is told: system properties kit.NAME, and kit.prop.NAME for the client's own properties. */
final class Settings {
  private static final String PROPERTY = "kit.prop.";

  private static final List<Namespace> MADE_BY_TESTS =
      List.of(
          Namespace.of("a"), Namespace.of("ns"), Namespace.of("ns1"), Namespace.of("ns2"), Namespace.of("other_ns"),
          Namespace.of("ns_1"), Namespace.of("ns_2"), Namespace.of("newdb"), Namespace.of("newdb_1"),
          Namespace.of("newdb_2"), Namespace.of("new/db"), Namespace.of("new.db"), Namespace.of("parent", "child"),
          Namespace.of("parent", "child1"), Namespace.of("parent", "child2"), Namespace.of("parent"));

  private Settings() {}

  /** Where tests write that ask for a place of their own. */
  static String base() {
    return System.getProperty("kit.base");
  }

  static Map<String, String> clientProperties() {
    return System.getProperties().stringPropertyNames().stream()
        .filter(name -> name.startsWith(PROPERTY))
        .collect(Collectors.toMap(name -> name.substring(PROPERTY.length()), System::getProperty));
  }

  static RESTCatalog open(String name, Map<String, String> more) {
    Map<String, String> properties = new HashMap<>();
    for (String kind : List.of("table", "view")) {
      String plain = kind.equals("table") ? "default-key" : "key";
      String over = kind.equals("table") ? "override-key" : "key";
      properties.put(kind + "-default." + plain + "1", "catalog-default-key1");
      properties.put(kind + "-default." + plain + "2", "catalog-default-key2");
      properties.put(kind + "-default." + over + "3", "catalog-default-key3");
      properties.put(kind + "-override." + over + "3", "catalog-override-key3");
      properties.put(kind + "-override." + over + "4", "catalog-override-key4");
    }
    properties.putAll(clientProperties());
    properties.putAll(more);
    RESTCatalog catalog = new RESTCatalog();
    catalog.setConf(new Configuration());
    catalog.initialize(name, properties);
    return catalog;
  }

  /** Tests leave things behind; those of namespaces with parents go first. */
  static void clean(RESTCatalog catalog) {
    MADE_BY_TESTS.stream()
        .sorted((one, other) -> other.length() - one.length())
        .filter(catalog::namespaceExists)
        .forEach(
            namespace -> {
              catalog.listTables(namespace).forEach(table -> catalog.dropTable(table, false));
              catalog.listViews(namespace).forEach(catalog::dropView);
              catalog.dropNamespace(namespace);
            });
  }
}
