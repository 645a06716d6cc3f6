package dev.warmlane.harness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.Warmlane;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.springframework.util.FileSystemUtils;

/**
 * How Warmlane is started in a process of its own: from jars, as in production. Where the build has just packaged it, from that
 * jar, laid out once for all tests, with the classes of a first run in an archive: a start takes half the CPU.
 */
public final class WarmlaneJvm {
    private static final Path JAR = Path.of("target/warmlane.jar");
    private static final Path LAID_OUT = Path.of("target/warmlane-jvm");
    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();
    private static final List<String> QUICK_START =
            List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dio.netty.leakDetection.level=simple");
    private static final WarmlaneJvm INSTANCE = prepare();

    private final List<String> options;
    private final String classPath;

    private WarmlaneJvm(List<String> options, String classPath) {
        this.options = options;
        this.classPath = classPath;
    }

    /**
     * The command up to the main class; arguments of Warmlane follow it.
     *
     * @param options of the JVM, beside those for a quick start
     */
    public static List<String> command(String... options) {
        List<String> all = new ArrayList<>(INSTANCE.options);
        all.addAll(List.of(options));
        return command(all, INSTANCE.classPath);
    }

    private static List<String> command(List<String> options, String classPath) {
        List<String> command = new ArrayList<>();
        command.add(JAVA);
        command.addAll(QUICK_START);
        command.addAll(options);
        command.addAll(List.of("-cp", classPath, Warmlane.class.getName()));
        return command;
    }

    private static WarmlaneJvm prepare() {
        try {
            Path classes = Path.of(Warmlane.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            if (!isPackaged(classes)) {
                return new WarmlaneJvm(List.of(), classPathWith(classes));
            }
            Files.createDirectories(LAID_OUT);
            // Several JVMs run tests at the same time.
            try (FileChannel channel = FileChannel.open(
                            LAID_OUT.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = channel.lock()) {
                assertThat(lock.isValid()).isTrue();
                return packaged();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException | URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether the packaged jar holds the classes that are tested. */
    private static boolean isPackaged(Path classes) throws IOException {
        if (!Files.exists(JAR)) {
            return false;
        }
        FileTime packaged = Files.getLastModifiedTime(JAR);
        try (Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (Files.getLastModifiedTime(file).compareTo(packaged) > 0) {
                    return false;
                }
            }
        }
        return true;
    }

    private static WarmlaneJvm packaged() throws IOException, InterruptedException {
        Path home = LAID_OUT.resolve(Runtime.version().toString()).toAbsolutePath();
        String classPath = home.resolve("warmlane.jar").toString();
        Path archive = home.resolve("classes.jsa");
        Path made = home.resolve("made-from." + Files.getLastModifiedTime(JAR).toMillis());
        if (!Files.exists(made)) {
            FileSystemUtils.deleteRecursively(home);
            run(List.of(
                    JAVA,
                    "-XX:TieredStopAtLevel=1",
                    "-Djarmode=tools",
                    "-jar",
                    JAR.toString(),
                    "extract",
                    "--destination",
                    home.toString(),
                    "--application-filename",
                    "warmlane.jar"));
            train(home, command(List.of("-XX:ArchiveClassesAtExit=" + archive), classPath));
            Files.createFile(made);
        }
        return new WarmlaneJvm(List.of("-XX:SharedArchiveFile=" + archive), classPath);
    }

    /** Serves the demo, which is gateway, engines and clients in one, as one of several replicas. */
    private static void train(Path home, List<String> command) {
        String cluster = "127.0.0.1:" + FreePorts.take();
        try (GatewayProcess gateway = GatewayProcess.start(
                home,
                new ProcessBuilder(command),
                "spring.profiles.active=demo",
                FreePorts.endpoints(4),
                "warmlane.cluster.secret=a secret of some length",
                "warmlane.cluster.members=" + cluster,
                "warmlane.cluster.bind-address=127.0.0.1",
                "warmlane.cluster.port=" + cluster.split(":")[1],
                "warmlane.cluster.advertised-address=" + cluster)) {
            gateway.awaitReady().awaitOutput("The demo is at");
            gateway.terminate();
            gateway.awaitExit();
        }
    }

    private static void run(List<String> command) throws IOException, InterruptedException {
        ChildProcess.Ended ended = ChildProcess.run(new ProcessBuilder(command).redirectErrorStream(true));
        assertThat(ended.exitCode()).as(ended.output()).isZero();
    }

    /** The class path of the tests with these classes packed: in a directory, a class needs a descriptor of its own. */
    private static String classPathWith(Path classes) throws IOException {
        Path packed = Files.createTempFile("classes", ".jar");
        packed.toFile().deleteOnExit();
        assertThat(ToolProvider.findFirst("jar")
                        .orElseThrow()
                        .run(System.out, System.err, "-cf", packed.toString(), "-C", classes.toString(), "."))
                .isZero();
        return Stream.concat(
                        Stream.of(packed.toString()),
                        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                                .filter(entry -> !Files.isDirectory(Path.of(entry))))
                .collect(Collectors.joining(File.pathSeparator));
    }
}
