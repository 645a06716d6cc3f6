package dev.warmlane.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

    private String report(boolean terminal) {
        Progress progress = new Progress(out, terminal, "trace x1, sticky");
        progress.accept(0.121);
        progress.accept(0.129);
        progress.accept(1);
        progress.done();
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void countsPercentOnOneLineAndLeavesNothingBehind() {
        assertThat(report(true)).isEqualTo("\rtrace x1, sticky: 12 %\rtrace x1, sticky: 100 %\r\u001b[K");
    }

    @Test
    void saysNothingWithoutATerminal() {
        assertThat(report(false)).isEmpty();
    }
}
