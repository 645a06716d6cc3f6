package dev.warmlane.harness;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Playwright;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A browser without a window. What drives it runs in Node and comes from npm: Playwright's own bundle of it has 200 MB, for
 * all systems, which everybody who builds would load.
 */
public final class Chromium implements AutoCloseable {
    private static final Path EXECUTABLE = Path.of("/usr/bin/chromium");
    private static final Path DRIVER =
            Path.of("src/test/sdk/node_modules/playwright-core").toAbsolutePath();

    private final Playwright playwright;
    private final Browser browser;

    private Chromium(Path node) {
        System.setProperty("playwright.cli.dir", driver().toString());
        playwright = Playwright.create(new Playwright.CreateOptions()
                .setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1", "PLAYWRIGHT_NODEJS_PATH", node.toString())));
        browser = playwright
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(EXECUTABLE)
                        .setArgs(List.of("--no-sandbox")));
    }

    /** Skips the test where there is none, or nothing that drives it. */
    public static Chromium start() {
        assumeTrue(Files.isExecutable(EXECUTABLE), "no " + EXECUTABLE + ": not tested in a browser");
        assumeTrue(
                Files.isDirectory(DRIVER), "no " + DRIVER + " (npm ci --prefix src/test/sdk): not tested in a browser");
        Optional<Path> node = Stream.of(System.getenv("PATH").split(":"))
                .map(directory -> Path.of(directory, "node"))
                .filter(Files::isExecutable)
                .findFirst();
        assumeTrue(node.isPresent(), "no node on the path: not tested in a browser");
        return new Chromium(node.get());
    }

    /** The directory that Playwright expects, with the package below it. Several JVMs may make it at the same time. */
    private static Path driver() {
        Path directory = Path.of("target/playwright").toAbsolutePath();
        try {
            Files.createDirectories(directory);
            Files.createSymbolicLink(directory.resolve("package"), DRIVER);
        } catch (FileAlreadyExistsException made) {
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return directory;
    }

    public Browser browser() {
        return browser;
    }

    @Override
    public void close() {
        playwright.close();
    }
}
