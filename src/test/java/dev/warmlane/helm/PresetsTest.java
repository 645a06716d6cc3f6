package dev.warmlane.helm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The presets say of each flag why it is there and since when it exists. */
class PresetsTest {
    private final List<Map<String, Object>> presets = PresetFiles.byVersion();

    PresetsTest() throws IOException {}

    @Test
    void explainEveryFlag() {
        for (Map<String, Object> preset : presets) {
            for (Map<?, ?> arg : args(preset)) {
                assertThat(arg.get("arg")).asString().startsWith("--");
                assertThat(arg.get("why")).as("why of " + arg).asString().hasSizeGreaterThan(10);
                assertThat(arg.get("since")).as("since of " + arg).asString().matches("\\d+\\.\\d+\\.\\d+");
            }
        }
    }

    @Test
    void haveNoFlagThatTheirVersionLacks() {
        for (Map<String, Object> preset : presets) {
            assertThat(args(preset))
                    .allSatisfy(
                            arg -> assertThat(Arrays.compare(version(arg.get("since")), version(preset.get("from"))))
                                    .as("since of " + arg)
                                    .isNotPositive());
        }
    }

    @Test
    void areOneForEachVersion() {
        Set<Object> versions = new HashSet<>();
        assertThat(presets)
                .isNotEmpty()
                .allSatisfy(
                        preset -> assertThat(versions.add(preset.get("from"))).isTrue());
    }

    @Test
    void turnOnWhatTheGatewayNeeds() {
        assertThat(presets)
                .allSatisfy(preset -> assertThat(args(preset).stream().map(arg -> String.valueOf(arg.get("arg"))))
                        .contains(
                                "--enable-prefix-caching",
                                "--enable-prompt-tokens-details",
                                "--block-size=${blockSize}"));
    }

    @Test
    void sayThatTheFirstVersionIgnoresTheFlagOfChunkedPrefill() {
        assertThat(PresetFiles.read("v0.10.0.yaml"))
                .contains("--no-enable-chunked-prefill")
                .contains("ignores the flag");
    }

    @SuppressWarnings("unchecked")
    private static List<Map<?, ?>> args(Map<String, Object> preset) {
        return (List<Map<?, ?>>) preset.get("args");
    }

    private static int[] version(Object text) {
        return Stream.of(String.valueOf(text).split("\\."))
                .mapToInt(Integer::parseInt)
                .toArray();
    }
}
