package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.ChildProcess;
import dev.warmlane.harness.ChildProcess.Ended;
import dev.warmlane.harness.WarmlaneJvm;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line in a process of its own. */
@Tag("processes")
class CommandLineIT {

    private static Ended run(String... arguments) throws IOException, InterruptedException {
        return runIn(Path.of("").toAbsolutePath(), arguments);
    }

    private static Ended runIn(Path directory, String... arguments) throws IOException, InterruptedException {
        List<String> command = WarmlaneJvm.command("-Xmx256m");
        command.addAll(List.of(arguments));
        return ChildProcess.run(
                new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true));
    }

    @Test
    void theVersionSaysWhichJava() throws Exception {
        Ended ended = run("--version");

        assertThat(ended.exitCode()).isZero();
        assertThat(ended.output()).startsWith("Warmlane ").contains("Java " + System.getProperty("java.version"));
    }

    @Test
    void aCheckEndsWithoutServing() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            Ended valid = run(
                    "serve",
                    "--check",
                    "--server.port=" + taken.getLocalPort(),
                    "--warmlane.endpoints=http://127.0.0.1:1");
            assertThat(valid.output()).contains("The configuration is valid.").doesNotContain("StartReport");
            assertThat(valid.exitCode()).isZero();
        }

        Ended port = run("serve", "--check", "--server.port=99999", "--warmlane.endpoints=http://127.0.0.1:1");
        assertThat(port.exitCode()).isEqualTo(1);
        assertThat(port.output())
                .contains("server.port: 99999 (expected: a port from 0 to 65535)")
                .doesNotContain("is valid");
    }

    @Test
    void aPortThatIsTakenIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            String port = Integer.toString(taken.getLocalPort());
            Ended ended = run(
                    "serve",
                    "--server.port=0",
                    "--management.server.port=" + port,
                    "--warmlane.warm-up=0s",
                    "--warmlane.endpoints=http://127.0.0.1:1");
            assertThat(ended.exitCode()).isEqualTo(1);
            assertThat(ended.output())
                    .contains("management.server.port: " + port + " (expected: a port that nobody listens on)")
                    .doesNotContain("\tat ");
        }
    }

    @Test
    void theFileOfSettingsThatIsNoYamlIsNamed(@TempDir Path directory) throws Exception {
        Path file = Path.of("config", "site", "application.yaml");
        Files.createDirectories(directory.resolve(file).getParent());
        Files.writeString(directory.resolve(file), "warmlane:\n  @endpoints: a\n");

        Ended ended = runIn(directory, "serve", "--check");
        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.output()).contains(file + ": line 2, column 3: ").doesNotContain("\tat ");
    }
}
