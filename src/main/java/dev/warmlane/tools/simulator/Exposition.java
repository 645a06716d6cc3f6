package dev.warmlane.tools.simulator;

import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes Prometheus' text format as Python's client does: its number form, its {@code _created} gauges, its sorted labels. */
final class Exposition {
    private static final String PREFIX = "vllm:";

    private final StringBuilder out = new StringBuilder(16_384);
    private final int engine;
    private final String model;
    private final double createdSeconds;

    /**
     * @param engine whose samples they are
     * @param createdSeconds Unix time at which every counter began
     */
    Exposition(int engine, String model, double createdSeconds) {
        this.engine = engine;
        this.model = "model_name=\"%s\""
                .formatted(model.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n"));
        this.createdSeconds = createdSeconds;
    }

    /** The labels of every sample, with others between or after them; rendered, without braces. */
    String labels(String between, String after) {
        return "engine=\"%d\"".formatted(engine) + between + "," + model + after;
    }

    /** Opens a family; its samples follow. */
    Exposition family(String name, String type, String help) {
        out.append("# HELP %s%s %s\n# TYPE %1$s%2$s %4$s\n".formatted(PREFIX, name, help, type));
        return this;
    }

    /** Counts beyond 2^53 lose their last digits, as they do in Python. */
    Exposition sample(String name, String labels, double value) {
        out.append(PREFIX).append(name).append('{').append(labels).append("} ");
        out.append(number(value)).append('\n');
        return this;
    }

    Exposition gauge(String name, String help, String labels, double value) {
        return family(name, "gauge", help).sample(name, labels, value);
    }

    Exposition gauge(String name, String help, double value) {
        return gauge(name, help, labels("", ""), value);
    }

    /** @param name without {@code _total} */
    Exposition counter(String name, String help, List<String> labelSets, List<Long> values) {
        family(name + "_total", "counter", help);
        for (int i = 0; i < values.size(); i++) {
            sample(name + "_total", labelSets.get(i), values.get(i));
        }
        return created(name, help, labelSets);
    }

    /** @param name without {@code _total} */
    Exposition counter(String name, String help, long value) {
        return counter(name, help, List.of(labels("", "")), List.of(value));
    }

    Exposition histogram(Histogram histogram) {
        family(histogram.name, "histogram", histogram.help);
        double cumulative = 0;
        for (int i = 0; i < histogram.bounds.length; i++) {
            cumulative += histogram.counts[i];
            bucket(histogram, number(histogram.bounds[i]), cumulative);
        }
        bucket(histogram, "+Inf", (double) histogram.count);
        sample(histogram.name + "_count", labels("", ""), (double) histogram.count);
        sample(histogram.name + "_sum", labels("", ""), histogram.sum);
        return created(histogram.name, histogram.help, List.of(labels("", "")));
    }

    String text() {
        return out.toString();
    }

    /** Pages of several engines as one: each family once, with the samples of one engine after those of another. */
    static String together(List<String> pages) {
        Map<String, StringBuilder> families = new LinkedHashMap<>();
        for (String page : pages) {
            int end;
            for (int start = 0; start < page.length(); start = end) {
                int next = page.indexOf("# HELP ", start + 1);
                end = next < 0 ? page.length() : next;
                String family = page.substring(start, end);
                int samples = family.indexOf('\n', family.indexOf("# TYPE ")) + 1;
                families.computeIfAbsent(family.substring(0, samples), head -> new StringBuilder(head))
                        .append(family, samples, family.length());
            }
        }
        return String.join("", families.values());
    }

    private void bucket(Histogram histogram, String bound, double value) {
        sample(histogram.name + "_bucket", labels(",le=\"" + bound + '"', ""), value);
    }

    /** The gauge beside a counter or histogram that says when it began. */
    private Exposition created(String name, String help, List<String> labelSets) {
        family(name + "_created", "gauge", help);
        labelSets.forEach(labels -> sample(name + "_created", labels, createdSeconds));
        return this;
    }

    /** Python's {@code repr}, with Go's exponents from a million on. Values are finite and not negative. */
    static String number(double value) {
        String shortest = Double.toString(value);
        if (value != 0 && value < 1e-4) {
            int exponent = shortest.indexOf('E');
            String mantissa = shortest.substring(0, exponent).replaceAll("\\.0$", "");
            int power = -Integer.parseInt(shortest.substring(exponent + 1));
            return String.format(Locale.ROOT, "%se-%02d", mantissa, power);
        }
        String plain = new BigDecimal(shortest).stripTrailingZeros().toPlainString();
        int point = plain.indexOf('.');
        int integerDigits = point < 0 ? plain.length() : point;
        if (integerDigits <= 6) {
            return point < 0 ? plain + ".0" : plain;
        }
        String digits = plain.charAt(0) + "." + plain.replace(".", "").substring(1);
        return digits.replaceAll("[0.]+$", "") + String.format(Locale.ROOT, "e+%02d", integerDigits - 1);
    }

    /** A histogram as Prometheus has it, with the name and the help of its family. Confined to one thread. */
    static final class Histogram {
        final String name;
        final String help;
        final double[] bounds;
        /** Values in each bucket, not counting lower ones. */
        final long[] counts;

        double sum;
        long count;

        /** @param bounds upper bounds of the buckets, ascending; one without bound follows */
        Histogram(String name, String help, double... bounds) {
            this.name = name;
            this.help = help;
            this.bounds = bounds;
            this.counts = new long[bounds.length];
        }

        void observe(double value) {
            count++;
            sum += value;
            for (int i = 0; i < bounds.length; i++) {
                if (value <= bounds[i]) {
                    counts[i]++;
                    return;
                }
            }
        }
    }
}
