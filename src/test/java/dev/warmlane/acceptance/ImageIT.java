package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.warmlane.harness.GatewayProcess;
import dev.warmlane.harness.ImageDirectory;
import dev.warmlane.harness.ImageDirectory.Outcome;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.util.FileSystemUtils;

/** What the Dockerfile does, step by step and without a container: laid out, trained, started, asked, ended. */
@Tag("processes")
class ImageIT {
    private static final Path JAR = Path.of("target/warmlane.jar").toAbsolutePath();

    /** What runs but once is not worth optimising. */
    private static final String ONCE = "-XX:TieredStopAtLevel=1";

    private static Path directory;
    private static ImageDirectory image;

    @BeforeAll
    static void build() throws Exception {
        Optional<Path> java = ImageDirectory.newJava();
        assumeTrue(java.isPresent(), "SKIPPED: no JDK 25 or later is installed: the image is not tried out");
        assumeTrue(Files.exists(JAR), "SKIPPED: no " + JAR + "; ./mvnw package makes it");
        directory = Files.createTempDirectory("image");
        // The image's user has to get there.
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        image = ImageDirectory.build(directory, JAR, java.get());
    }

    @AfterAll
    static void remove() throws Exception {
        if (directory != null) {
            FileSystemUtils.deleteRecursively(directory);
        }
    }

    @Test
    void servesAndEndsAsAnotherUserWithTheCacheAndWritesNothingBesideTmp() throws Exception {
        Path policies = Files.createDirectories(image.home().resolve("gateway/policies"));
        Files.writeString(policies.resolve("ours.yaml"), "extends: sticky\n");
        List<String> before = image.contents();
        ProcessBuilder command = image.command();
        // Ends at once if the cache does not fit.
        command.environment()
                .put(
                        "JAVA_OPTS",
                        ONCE + " -XX:AOTMode=on -XX:AOTCache=" + image.home().resolve("warmlane.aot"));
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(2));
                GatewayProcess gateway = GatewayProcess.start(
                        directory,
                        command,
                        "warmlane.routing.policy=ours",
                        "warmlane.drain.accept=0s",
                        "warmlane.endpoints=" + fleet.uris().get(0) + ","
                                + fleet.uris().get(1))) {
            gateway.awaitReady();

            ProcessBuilder validate = image.command(
                    "validate",
                    "--gateway=" + gateway.uri(""),
                    "--management=" + gateway.management(""),
                    "--format=json");
            validate.environment().put("JAVA_OPTS", ONCE);
            Outcome validation = image.run(validate);
            assertThat(validation.exitCode())
                    .as(validation.out() + validation.err())
                    .isZero();
            assertThat(validation.out()).startsWith("{").contains("\"stickiness\"");

            gateway.terminate();
            assertThat(gateway.awaitExit()).as(gateway.output()).isZero();
            assertThat(gateway.output()).doesNotContain("[aot]", "WARNING:");
        }
        assertThat(image.contents()).isEqualTo(before);
    }

    @Test
    void aJvmThatTheCacheDoesNotFitSaysSoAndGoesOnWithout() throws Exception {
        ProcessBuilder help = image.command("--help");
        help.environment().put("JAVA_OPTS", "-XX:+UseZGC");
        Outcome outcome = image.run(help);
        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.out()).startsWith("Usage: warmlane");
        assertThat(outcome.err()).contains("Unable to use AOT cache");
    }

    @Test
    void aCacheOfOtherJarsIsToldOfAndNotUsed() throws Exception {
        Path other = directory.resolve("other");
        FileSystemUtils.copyRecursively(image.home(), other);
        Files.setPosixFilePermissions(other.resolve("bin/warmlane"), PosixFilePermissions.fromString("rwxr-xr-x"));
        Outcome outcome = image.run(new ImageDirectory(other, image.java()).command("--help"));
        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.out()).startsWith("Usage: warmlane");
        assertThat(outcome.err()).contains("[aot]");
    }

    @Test
    void saysOneThingAboutASettingThatCannotBeUsed() throws Exception {
        Outcome outcome = image.run(image.command("serve", "--warmlane.endpoint=http://a:1"));
        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.out())
                .contains(
                        "warmlane.endpoint: http://a:1 (expected: one that docs/settings.md lists, such as warmlane.endpoints)");
    }
}
