package dev.warmlane.harness.watch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails an integration test during which an event loop was blocked or a leaked buffer was found. Registered for all. */
public final class EventLoopWatch implements BeforeAllCallback, AfterAllCallback {

    @Override
    public void beforeAll(ExtensionContext context) {
        if (isIntegrationTest(context)) {
            warnUnless(BlockingCalls.areWatched(), "blocking calls", "-XX:+AllowRedefinitionToAddDeleteMethods");
            warnUnless(Leaks.areWatched(), "leaks", "-Dio.netty.customResourceLeakDetector=" + Leaks.class.getName());
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        if (isIntegrationTest(context)) {
            assertThat(BlockingCalls.drain())
                    .as("blocking calls on event loops")
                    .isEmpty();
            assertThat(Leaks.drain()).as("leaked buffers").isEmpty();
        }
    }

    private static boolean isIntegrationTest(ExtensionContext context) {
        return context.getRequiredTestClass().getName().endsWith("IT");
    }

    private static void warnUnless(boolean watched, String what, String option) {
        if (!watched) {
            System.err.println(
                    "NOT WATCHED: " + what + " on event loops (the build starts the JVM with " + option + ")");
        }
    }
}
