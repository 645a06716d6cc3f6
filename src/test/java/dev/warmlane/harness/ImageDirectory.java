package dev.warmlane.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The directory that the image runs from, laid out and trained by the image's own scripts outside of a container; and the
 * commands of the image, run as its user where the tests may change users.
 */
public record ImageDirectory(Path home, Path java) {
    private static final Path SCRIPTS = Path.of("src/image").toAbsolutePath();
    private static final String USER = "65532";
    private static final int PORTS = 6;
    /** Of each kind of conversation: enough to load every class, not to learn what is hot. */
    private static final String SESSIONS = "1";

    private static final int MINUTES = 10;

    /** What a command said and how it ended. */
    public record Outcome(int exitCode, String out, String err) {}

    /** A JDK of version 25 or later: the one that runs the tests, or one beside it. */
    public static Optional<Path> newJava() throws IOException {
        List<Path> homes = new ArrayList<>();
        if (Runtime.version().feature() >= 25) {
            homes.add(Path.of(System.getProperty("java.home")));
        }
        String named = System.getenv("JAVA_HOME_25_X64");
        if (named != null) {
            homes.add(Path.of(named));
        }
        Path installed = Path.of("/usr/lib/jvm");
        if (Files.isDirectory(installed)) {
            try (DirectoryStream<Path> jdks = Files.newDirectoryStream(installed, "*25*")) {
                jdks.forEach(homes::add);
            }
        }
        return homes.stream()
                .filter(home -> Files.isExecutable(home.resolve("bin/java")))
                .findFirst();
    }

    public static ImageDirectory build(Path directory, Path jar, Path java) throws Exception {
        ImageDirectory image = new ImageDirectory(directory.resolve("app"), java);
        image.checked(
                image.builder(List.of(SCRIPTS.resolve("build.sh").toString(), jar.toString(), image.home.toString())));
        ProcessBuilder training = image.builder(List.of(
                SCRIPTS.resolve("train.sh").toString(), image.home.toString(), String.valueOf(freePorts()), SESSIONS));
        // What is compiled meanwhile is not in the cache, and what others talk loads no other class; it only takes CPU.
        training.environment().put("SPRING_PROFILES_ACTIVE", "demo,quiet");
        training.environment().put("WARMLANE_WARM_UP", "0s");
        training.environment().put("JAVA_OPTS", "-XX:TieredStopAtLevel=1");
        image.checked(training);
        return image;
    }

    /** Files and what is in them, by size and time: equal before and after means that nothing was written. */
    public List<String> contents() throws IOException {
        try (Stream<Path> files = Files.walk(home)) {
            List<String> lines = new ArrayList<>();
            for (Path file : files.sorted().toList()) {
                lines.add(file + " " + Files.size(file) + " " + Files.getLastModifiedTime(file));
            }
            return lines;
        }
    }

    /** {@code warmlane} as the image has it: in its working directory, as its user. */
    public ProcessBuilder command(String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        if (isRoot()) {
            command.addAll(List.of("setpriv", "--reuid=" + USER, "--regid=" + USER, "--clear-groups"));
        }
        command.add(home.resolve("bin/warmlane").toString());
        command.addAll(List.of(arguments));
        ProcessBuilder builder = builder(command);
        return builder.directory(home.toFile());
    }

    public Outcome run(ProcessBuilder builder) throws Exception {
        Path out = Files.createTempFile("image", ".out");
        Path err = Files.createTempFile("image", ".err");
        try {
            Process process = builder.redirectOutput(out.toFile())
                    .redirectError(err.toFile())
                    .start();
            boolean ended = process.waitFor(MINUTES, TimeUnit.MINUTES);
            process.destroyForcibly();
            assertThat(ended).as("%s: ended", builder.command()).isTrue();
            return new Outcome(process.exitValue(), Files.readString(out), Files.readString(err));
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }

    private void checked(ProcessBuilder command) throws Exception {
        Outcome outcome = run(command);
        assertThat(outcome.exitCode()).as(outcome.out() + outcome.err()).isZero();
    }

    private ProcessBuilder builder(List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeAll(List.of("JAVA_OPTS", "JAVA_TOOL_OPTIONS"));
        builder.environment().put("JAVA_HOME", java.toString());
        return builder;
    }

    private static boolean isRoot() throws Exception {
        return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
    }

    /** The first of ports that follow each other and are free now. */
    private static int freePorts() throws IOException {
        for (int first = 20_000; first < 30_000; first += PORTS) {
            if (areFree(first)) {
                return first;
            }
        }
        throw new IllegalStateException("no " + PORTS + " free ports in a row");
    }

    private static boolean areFree(int first) {
        for (int port = first; port < first + PORTS; port++) {
            try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                assertThat(socket.isBound()).isTrue();
            } catch (IOException taken) {
                return false;
            }
        }
        return true;
    }
}
