package dev.warmlane.core.vllm;

import dev.warmlane.core.vllm.VllmMetrics.MetricFamily;
import java.util.Arrays;
import java.util.Optional;

/**
 * Reads the Prometheus text exposition of any vLLM from 0.10 on as it comes, in chunks that may be cut anywhere, and keeps none of it
 * but the line that a chunk cut off. Series of several engines are summed, but for the KV cache usage, where the highest counts. Lines
 * that cannot be read or are longer than {@value #MAX_LINE_BYTES} bytes, and values that are no number, negative or beyond what any engine
 * has, are passed over. For one thread and one exposition.
 */
public final class VllmMetricsReader {
    private static final int MAX_LINE_BYTES = 16 << 10;

    private final MetricTally tally = new MetricTally();
    private byte[] cutOff = {};
    private boolean tooLong;

    /**
     * Reads a whole exposition at once.
     *
     * @param exposition the body of {@code GET /metrics}
     * @return empty if the body has nothing that the record has
     */
    public static Optional<VllmMetrics> read(byte[] exposition) {
        VllmMetricsReader reader = new VllmMetricsReader();
        reader.read(exposition, 0, exposition.length);
        return reader.end();
    }

    /** Reads the bytes in {@code [from, to)}, which may be reused after that. */
    public void read(byte[] chunk, int from, int to) {
        int start = from;
        if (cutOff.length > 0 || tooLong) {
            start = PrometheusText.endOfLine(chunk, from, to);
            keep(chunk, from, start);
            if (start == to) {
                return;
            }
            addCutOff();
            start++;
        }
        int end = to;
        while (end > start && chunk[end - 1] != '\n') {
            end--;
        }
        add(chunk, start, end);
        keep(chunk, end, to);
    }

    /** What it all says; empty if that is nothing that the record has. */
    public Optional<VllmMetrics> end() {
        addCutOff();
        return tally.total();
    }

    private void keep(byte[] chunk, int from, int to) {
        int length = to - from;
        tooLong |= cutOff.length + length > MAX_LINE_BYTES;
        if (length > 0 && !tooLong) {
            int before = cutOff.length;
            cutOff = Arrays.copyOf(cutOff, before + length);
            System.arraycopy(chunk, from, cutOff, before, length);
        }
    }

    private void addCutOff() {
        if (!tooLong) {
            add(cutOff, 0, cutOff.length);
        }
        cutOff = new byte[0];
        tooLong = false;
    }

    private void add(byte[] lines, int start, int end) {
        PrometheusText samples = new PrometheusText(lines, start, end, MetricFamily.BEGINNINGS);
        while (samples.next()) {
            tally.add(samples);
        }
    }
}
