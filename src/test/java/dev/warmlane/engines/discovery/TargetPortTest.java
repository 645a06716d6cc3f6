package dev.warmlane.engines.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.warmlane.engines.discovery.KubernetesSource.TargetPort;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TargetPortTest {

    @Test
    void readsNothingAsTheFirstPort() {
        assertThat(TargetPort.parse(" ")).isEqualTo(TargetPort.FIRST);
    }

    @Property
    void readsEveryPortNumber(@ForAll @IntRange(min = 1, max = 65535) int number) {
        assertThat(TargetPort.parse(Integer.toString(number))).isEqualTo(new TargetPort(null, number));
    }

    @Test
    void readsAName() {
        assertThat(TargetPort.parse("http-8000")).isEqualTo(new TargetPort("http-8000", null));
    }

    @ParameterizedTest
    @CsvSource({
        "0, port: 0 (expected: 1 to 65535)",
        "65536, port: 65536 (expected: 1 to 65535)",
        "99999999999, port: 2147483647 (expected: 1 to 65535)",
        "-1, port: -1 (expected: a port's name or its number)",
        "HTTP, port: HTTP (expected: a port's name or its number)"
    })
    void refusesWhatIsNoPort(String text, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TargetPort.parse(text))
                .withMessage(message);
    }
}
