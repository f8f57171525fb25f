package org.apache.iceberg.rest;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.stream.Stream;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs the published kit as it is (kit.mode=published), or all of the tests below it (kit.mode=all), and prints a line for each. */
public final class Kit {
  private static final String TEST_TIMEOUT = "60 s";

  private Kit() {}

  public static void main(String[] args) {
    boolean published = System.getProperty("kit.mode").equals("published");
    if (published) {
      // Its own set-up takes the client's properties by their bare names.
      Settings.clientProperties().forEach(System::setProperty);
    }
    Stream<String> classes =
        published
            ? Stream.of("RESTCompatibilityKitCatalogTests", "RESTCompatibilityKitViewCatalogTests")
            : Stream.of("AllCatalogTests", "AllViewCatalogTests");
    String room = Kit.class.getPackageName() + ".";
    var request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(classes.map(name -> selectClass(room + name)).toList())
            .configurationParameter("rck.local", "false")
            .configurationParameter("junit.jupiter.execution.timeout.testable.method.default", TEST_TIMEOUT)
            .configurationParameter("junit.jupiter.execution.timeout.thread.mode.default", "SEPARATE_THREAD")
            .build();
    LauncherFactory.create().execute(request, new Printer());
    System.exit(0);
  }

  private static final class Printer implements TestExecutionListener {
    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
      print("SKIP", test, reason);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      String why = result.getThrowable().map(String::valueOf).orElse("");
      switch (result.getStatus()) {
        case SUCCESSFUL -> {
          if (test.isTest()) print("PASS", test, "");
        }
        case ABORTED -> print("SKIP", test, why);
        // Of a class whose set-up failed too.
        case FAILED -> print("FAIL", test, why);
      }
    }

    private static void print(String outcome, TestIdentifier test, String why) {
      String name =
          test.getSource()
              .filter(MethodSource.class::isInstance)
              .map(source -> ((MethodSource) source).getMethodName() + " ")
              .orElse("");
      String text = outcome + " " + name + test.getDisplayName() + ": " + why;
      System.out.println(text.replaceAll("\\s+", " "));
    }
  }
}
