package dev.warmlane.tools.simulator;

import java.math.BigDecimal;
import java.util.Locale;

/** Writes Prometheus' text format as Python's client does: its number form, its {@code _created} gauges. */
final class Exposition {
    private final StringBuilder out = new StringBuilder(16_384);
    private final double createdSeconds;

    /** @param createdSeconds Unix time at which every counter began */
    Exposition(double createdSeconds) {
        this.createdSeconds = createdSeconds;
    }

    /** Opens a family; its samples follow. */
    Exposition family(String name, String type, String help) {
        out.append("# HELP ").append(name).append(' ').append(help).append('\n');
        out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
        return this;
    }

    /** @param labels rendered, without braces */
    Exposition sample(String name, String labels, double value) {
        out.append(name)
                .append('{')
                .append(labels)
                .append("} ")
                .append(number(value))
                .append('\n');
        return this;
    }

    /** Counts beyond 2^53 lose their last digits, as they do in Python. */
    Exposition sample(String name, String labels, long value) {
        return sample(name, labels, (double) value);
    }

    Exposition gauge(String name, String help, String labels, double value) {
        return family(name, "gauge", help).sample(name, labels, value);
    }

    /** @param name without {@code _total} */
    Exposition counter(String name, String help, String labels, long value) {
        family(name + "_total", "counter", help).sample(name + "_total", labels, value);
        return created(name, help, labels);
    }

    Exposition histogram(String name, String help, String labels, Histogram histogram) {
        family(name, "histogram", help);
        long cumulative = 0;
        for (int i = 0; i < histogram.buckets(); i++) {
            cumulative += histogram.inBucket(i);
            bucket(name, labels, number(histogram.bound(i)), cumulative);
        }
        bucket(name, labels, "+Inf", histogram.count());
        sample(name + "_count", labels, histogram.count());
        sample(name + "_sum", labels, histogram.sum());
        return created(name, help, labels);
    }

    /** The gauge beside a counter or histogram that says when it began. */
    Exposition created(String name, String help, String... labelSets) {
        family(name + "_created", "gauge", help);
        for (String labels : labelSets) {
            sample(name + "_created", labels, createdSeconds);
        }
        return this;
    }

    String text() {
        return out.toString();
    }

    /** {@code le} comes after {@code engine}: Python's client sorts label names. */
    private void bucket(String name, String labels, String bound, long value) {
        int modelName = labels.indexOf(",model_name=");
        String withBound = labels.substring(0, modelName) + ",le=\"" + bound + '"' + labels.substring(modelName);
        sample(name + "_bucket", withBound, value);
    }

    /** Python's {@code repr}, with Go's exponents from a million on. Values are finite and not negative. */
    static String number(double value) {
        String shortest = Double.toString(value);
        if (value != 0 && value < 1e-4) {
            int exponent = shortest.indexOf('E');
            String mantissa = shortest.substring(0, exponent).replaceAll("\\.0$", "");
            return String.format(
                    Locale.ROOT, "%se-%02d", mantissa, -Integer.parseInt(shortest.substring(exponent + 1)));
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
}
