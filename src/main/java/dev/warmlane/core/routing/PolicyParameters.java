package dev.warmlane.core.routing;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The named numbers a policy is tuned with. A parameter that nobody asks for is a mistake: {@link #checkAllRead} finds it.
 * Not thread-safe; used while a policy is made.
 */
public final class PolicyParameters {
    private static final Pattern TIME = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})?) ?(ms|s|m)");

    private final String policy;
    private final Map<String, String> values;
    private final Set<String> read = new HashSet<>();
    private final List<String> notes = new ArrayList<>();

    /** @param policy the name that error messages give */
    public PolicyParameters(String policy, Map<String, String> values) {
        this.policy = policy;
        this.values = Map.copyOf(values);
    }

    /** A required text. */
    public String text(String name) {
        read.add(name);
        String value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("policy %s: %s is missing".formatted(policy, name));
        }
        return value;
    }

    /** A required number, at least the given one. */
    public double number(String name, double least) {
        String text = text(name);
        double value;
        try {
            value = Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw invalid(name, text, "a number");
        }
        if (!(value >= least) || Double.isInfinite(value)) {
            throw invalid(name, text, "at least " + least);
        }
        return value;
    }

    /** A required number within bounds, both included. */
    public double number(String name, double least, double most) {
        double value = number(name, least);
        if (value > most) {
            throw invalid(name, text(name), "at most " + most);
        }
        return value;
    }

    /** A number within bounds, both included, or what it is where nothing is said. */
    public double number(String name, double least, double most, double unlessGiven) {
        read.add(name);
        return values.containsKey(name) ? number(name, least, most) : unlessGiven;
    }

    /** A required time in seconds, at least 0: a number with {@code ms}, {@code s} or {@code m} behind it, such as 1.5s. */
    public double seconds(String name) {
        String text = text(name);
        Matcher parts = TIME.matcher(text);
        if (!parts.matches()) {
            throw invalid(name, text, "a time such as 1.5s or 800ms");
        }
        double unit = switch (parts.group(2)) {
            case "ms" -> 0.001;
            case "s" -> 1;
            default -> 60;
        };
        return Double.parseDouble(parts.group(1)) * unit;
    }

    /** Whether the parameter is given; it counts as read. */
    public boolean has(String name) {
        read.add(name);
        return values.containsKey(name);
    }

    /** Notes what operators should hear of these parameters. */
    public void note(String note) {
        notes.add("policy %s: %s".formatted(policy, note));
    }

    /** What operators should hear of them once they are read, such as names that have changed. */
    public List<String> notes() {
        return List.copyOf(notes);
    }

    /** A required whole number, at least the given one. */
    public int whole(String name, int least) {
        double value = number(name, least);
        if (value != Math.rint(value) || value > Integer.MAX_VALUE) {
            throw invalid(name, text(name), "a whole number");
        }
        return (int) value;
    }

    /** @throws IllegalArgumentException naming a parameter that nothing has read, and those that exist */
    public void checkAllRead() {
        for (String name : values.keySet()) {
            if (!read.contains(name)) {
                throw new IllegalArgumentException("policy %s: unknown parameter %s (expected: one of %s)"
                        .formatted(policy, name, String.join(", ", new TreeSet<>(read))));
            }
        }
    }

    private IllegalArgumentException invalid(String name, String text, String expected) {
        return new IllegalArgumentException("policy %s: %s: %s (expected: %s)".formatted(policy, name, text, expected));
    }
}
