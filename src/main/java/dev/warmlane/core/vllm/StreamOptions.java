package dev.warmlane.core.vllm;

import org.jspecify.annotations.Nullable;

/**
 * What a body says of usage reports, and how to ask for one within it. Immutable.
 *
 * @param includesUsage whether the client itself asks for one
 * @param question asks for it; null: not without giving the client something else that it did not ask for
 */
record StreamOptions(boolean includesUsage, @Nullable Splice question) {
    private static final String OPTION = "\"include_usage\":true";
    private static final String OPTIONS = "{" + OPTION + "}";
    private static final String MEMBER = "\"stream_options\":" + OPTIONS;

    private enum Option {
        INCLUDE_USAGE,
        CONTINUOUS_USAGE_STATS
    }

    private static final FieldNames<Option> NAMES = new FieldNames<>(Option.values());

    /** In a body that has none. */
    static StreamOptions absent(int afterBrace, boolean emptyBody) {
        return new StreamOptions(false, Splice.at(afterBrace, emptyBody ? MEMBER : MEMBER + ","));
    }

    /** Reads the value of {@code stream_options}. One that only an engine can judge is left to it. */
    static StreamOptions read(JsonScanner scanner) {
        byte first = scanner.peek();
        if (first != '{') {
            scanner.skipValue();
            return new StreamOptions(false, first == 'n' ? Splice.ofValue(scanner, OPTIONS) : null);
        }
        scanner.enterObject();
        int afterBrace = scanner.position();
        Splice question = Splice.at(afterBrace, OPTION);
        boolean said = false;
        boolean includes = false;
        boolean continuous = false;
        while (scanner.nextMember()) {
            Option option = NAMES.find(scanner);
            byte value = scanner.peek();
            scanner.skipValue();
            boolean off = value == 'f' || value == 'n';
            if (option == Option.INCLUDE_USAGE) {
                said = true;
                includes = value == 't';
                question = off ? Splice.ofValue(scanner, "true") : null;
            } else if (!said) {
                question = Splice.at(afterBrace, OPTION + ",");
            }
            if (option == Option.CONTINUOUS_USAGE_STATS) {
                continuous = !off;
            }
        }
        // With continuous reports, each chunk would have one as soon as the question is asked.
        return new StreamOptions(includes, includes || continuous ? null : question);
    }
}
