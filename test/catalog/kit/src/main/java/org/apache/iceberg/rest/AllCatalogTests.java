package org.apache.iceberg.rest;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.apache.iceberg.catalog.CatalogTests;
import org.apache.iceberg.catalog.TableIdentifier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Iceberg's CatalogTests with all that its REST compatibility kit leaves switched off. */
public class AllCatalogTests extends CatalogTests<RESTCatalog> {
  private static RESTCatalog catalog;

  @BeforeAll
  static void open() {
    catalog = Settings.open("kit", Map.of());
  }

  @AfterAll
  static void close() throws IOException {
    catalog.close();
  }

  @BeforeEach
  @AfterEach
  void clean() {
    Settings.clean(catalog);
  }

  @Override
  protected RESTCatalog catalog() {
    return catalog;
  }

  @Override
  protected RESTCatalog initCatalog(String name, Map<String, String> more) {
    return Settings.open(name, more);
  }

  @Override
  protected boolean supportsNestedNamespaces() {
    return true;
  }

  @Override
  protected boolean requiresNamespaceCreate() {
    return true;
  }

  @Override
  protected boolean supportsServerSideRetry() {
    return true;
  }

  @Override
  protected boolean supportsNamesWithSlashes() {
    return true;
  }

  @Override
  protected boolean supportsNamesWithDot() {
    return true;
  }

  @Override
  protected String baseTableLocation(TableIdentifier table) {
    return Settings.base() + "/" + table.namespace() + "/" + table.name();
  }

  /** It moves the file away with means of the local file system. */
  @Override
  @Test
  public void testLoadTableWithMissingMetadataFile(@TempDir Path folder) throws IOException {
    assumeThat(Settings.base()).as("metadata lies in a local folder").startsWith("/");
    super.testLoadTableWithMissingMetadataFile(folder);
  }
}
