package dev.warmlane.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the image's start script makes of its environment; a stand-in for Java writes down how it was called. */
class StartScriptTest {
    @TempDir
    Path folder;

    private Path home;
    private Path script;
    private long pid;

    @BeforeEach
    void layOut() throws IOException {
        home = Files.createDirectories(folder.resolve("app"));
        script = Files.createDirectories(home.resolve("bin")).resolve("warmlane");
        Files.copy(Path.of("src/image/warmlane"), script, StandardCopyOption.COPY_ATTRIBUTES);
        Path java = Files.createDirectories(folder.resolve("java/bin")).resolve("java");
        Files.writeString(java, "#!/bin/sh\necho \"pid=$$\"\nfor a in \"$@\"; do echo \"$a\"; done\nexit 3\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void passesOnArgumentsAsTheyAre() throws Exception {
        assertThat(call(Map.of(), "serve", "--a=b c", "")).endsWith(jar(), "serve", "--a=b c", "");
    }

    @Test
    void usesTheCacheWhereThereIsOne() throws Exception {
        assertThat(call(Map.of())).noneMatch(argument -> argument.contains("AOTCache"));
        Path cache = Files.writeString(home.resolve("warmlane.aot"), "");
        assertThat(call(Map.of())).contains("-XX:AOTCache=" + cache, "-XX:ArchiveRelocationMode=0");
    }

    @Test
    void givesObjectsTheSameHeadersInTheTrainingAndWithTheCache() throws Exception {
        String headers = "-XX:+UseCompactObjectHeaders";
        assertThat(call(Map.of())).doesNotContain(headers);
        assertThat(call(Map.of("JAVA_OPTS", "-XX:AOTCacheOutput=/tmp/a"))).contains(headers);
        Path cache = Files.writeString(home.resolve("warmlane.aot"), "");
        assertThat(call(Map.of())).contains(headers);
        assertThat(call(Map.of("JAVA_OPTS", "-XX:AOTMode=on -XX:AOTCache=" + cache)))
                .contains(headers);
        Files.writeString(home.resolve("warmlane.aot.jvm"), "JAVA_VERSION=\"25.0.3\"\n");
        assertThat(call(Map.of())).doesNotContain(headers);
    }

    @Test
    void doesNotGiveTheCacheToAnotherJava() throws Exception {
        Path cache = Files.writeString(home.resolve("warmlane.aot"), "");
        Files.writeString(home.resolve("warmlane.aot.jvm"), "JAVA_VERSION=\"25.0.3\"\n");
        Path release = Files.writeString(folder.resolve("java/release"), "JAVA_VERSION=\"25.0.3\"\n");
        assertThat(call(Map.of())).contains("-XX:AOTCache=" + cache);
        Files.writeString(release, "JAVA_VERSION=\"21.0.9\"\n");
        assertThat(call(Map.of()))
                .contains("warmlane: " + cache + ": made by another Java than " + folder.resolve("java")
                        + "; starting without it")
                .noneMatch(argument -> argument.startsWith("-XX:AOTCache"));
    }

    @Test
    void leavesTheCacheToWhoeverHasChosenForHimself() throws Exception {
        Files.writeString(home.resolve("warmlane.aot"), "");
        assertThat(call(Map.of("JAVA_OPTS", "-XX:AOTMode=off")))
                .contains("-XX:AOTMode=off")
                .noneMatch(argument -> argument.contains("AOTCache"));
        assertThat(call(Map.of("JAVA_TOOL_OPTIONS", "-XX:AOTCache=/other")))
                .noneMatch(argument -> argument.contains("AOTCache"));
    }

    @Test
    void optionsOfTheUserComeAfterItsOwn() throws Exception {
        List<String> arguments = call(Map.of("JAVA_OPTS", "-Xmx1g -Da=b"));
        assertThat(arguments).containsSubsequence("-XX:+ExitOnOutOfMemoryError", "-Xmx1g", "-Da=b", "-jar", jar());
    }

    @Test
    void addsNothingToWhatTheUserChoseForTheHeapAndTheLog() throws Exception {
        assertThat(call(Map.of("JAVA_TOOL_OPTIONS", "-Xmx1g -Xlog:gc")))
                .noneMatch(argument -> argument.contains("MaxRAMPercentage") || argument.contains("-Xlog"));
        assertThat(call(Map.of())).contains("-XX:TrimNativeHeapInterval=10000");
        assertThat(call(Map.of("JAVA_TOOL_OPTIONS", "-XX:TrimNativeHeapInterval=0")))
                .noneMatch(argument -> argument.contains("TrimNativeHeapInterval"));
        assertThat(call(Map.of("JAVA_TOOL_OPTIONS", "-XX:MaxRAMPercentage=70")))
                .noneMatch(argument -> argument.contains("MaxRAMPercentage"));
    }

    @Test
    void letsTheStartGoBeforeTheOptimisingCompilerButInTheTraining() throws Exception {
        assertThat(call(Map.of())).contains("-XX:Tier4InvocationThreshold=20000", "-XX:Tier2InvokeNotifyFreqLog=15");
        assertThat(call(Map.of("JAVA_OPTS", "-XX:AOTCacheOutput=/tmp/a")))
                .noneMatch(argument -> argument.contains("-XX:Tier2") || argument.contains("-XX:Tier4"));
        assertThat(call(Map.of("JAVA_OPTS", "-XX:TieredStopAtLevel=1")))
                .noneMatch(argument -> argument.contains("-XX:Tier2") || argument.contains("-XX:Tier4"));
    }

    @Test
    void keepsTheJvmsWarningsFromTheStandardOutput() throws Exception {
        assertThat(call(Map.of())).containsSubsequence("-Xlog:disable", "-Xlog:all=warning:stderr");
    }

    @Test
    void becomesJavaSoThatSignalsReachIt() throws Exception {
        assertThat(call(Map.of())).startsWith("pid=" + pid);
    }

    @Test
    void isFoundThroughALink() throws Exception {
        script = Files.createSymbolicLink(folder.resolve("linked"), script);
        assertThat(call(Map.of())).contains(jar());
    }

    private String jar() {
        return home.resolve("warmlane.jar").toString();
    }

    private List<String> call(Map<String, String> environment, String... arguments) throws Exception {
        ProcessBuilder command = new ProcessBuilder(script.toString());
        command.command().addAll(List.of(arguments));
        command.environment().keySet().removeAll(List.of("JAVA_OPTS", "JAVA_TOOL_OPTIONS"));
        command.environment().put("JAVA_HOME", folder.resolve("java").toString());
        command.environment().putAll(environment);
        Path output = folder.resolve("output");
        Process process = command.redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        pid = process.pid();
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        List<String> lines = Files.readAllLines(output);
        assertThat(process.exitValue()).as(String.join("\n", lines)).isEqualTo(3);
        return lines;
    }
}
