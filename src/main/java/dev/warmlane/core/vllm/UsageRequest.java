package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.US_ASCII;

import org.jspecify.annotations.Nullable;

/**
 * Where a streamed request's body can ask for a usage report, though its client did not: one text goes in place of a few bytes,
 * and all others stay as they were. Immutable.
 *
 * @param start of the bytes that the text replaces
 * @param end of these, exclusive
 * @param text to put there
 */
record UsageRequest(int start, int end, String text) {
    private static final String OPTION = "\"include_usage\":true";
    private static final String MEMBER = "\"stream_options\":{" + OPTION + "}";

    private enum Option {
        INCLUDE_USAGE,
        CONTINUOUS_USAGE_STATS
    }

    private static final FieldNames<Option> OPTIONS = new FieldNames<>(Option.values());

    /**
     * What the value of {@code stream_options} says.
     *
     * @param includesUsage whether the client itself asks for a usage report
     * @param place where to ask for one; null: not without giving the client something else that it did not ask for
     */
    record StreamOptions(boolean includesUsage, @Nullable UsageRequest place) {}

    /** In a body that has no {@code stream_options}. */
    static UsageRequest inBody(int afterBrace, boolean empty) {
        return new UsageRequest(afterBrace, afterBrace, empty ? MEMBER : MEMBER + ",");
    }

    /** Reads the value of {@code stream_options}. A value that only an engine can judge has no place for the question. */
    static StreamOptions read(JsonScanner scanner) {
        byte first = scanner.peek();
        if (first != '{') {
            scanner.skipValue();
            UsageRequest place = first == 'n'
                    ? new UsageRequest(scanner.tokenStart(), scanner.tokenEnd(), "{" + OPTION + "}")
                    : null;
            return new StreamOptions(false, place);
        }
        scanner.enterObject();
        int afterBrace = scanner.position();
        UsageRequest place = new UsageRequest(afterBrace, afterBrace, OPTION);
        boolean absent = true;
        boolean includes = false;
        boolean continuous = false;
        while (scanner.nextMember()) {
            if (absent) {
                place = new UsageRequest(afterBrace, afterBrace, OPTION + ",");
            }
            Option option = OPTIONS.find(scanner);
            byte value = scanner.peek();
            scanner.skipValue();
            if (option == Option.INCLUDE_USAGE) {
                absent = false;
                includes = value == 't';
                boolean off = value == 'f' || value == 'n';
                place = off ? new UsageRequest(scanner.tokenStart(), scanner.tokenEnd(), "true") : null;
            } else if (option == Option.CONTINUOUS_USAGE_STATS) {
                continuous = value != 'f' && value != 'n';
            }
        }
        // With continuous reports, each chunk would have one as soon as the question is asked.
        return new StreamOptions(includes, includes || continuous ? null : place);
    }

    /** The body with the question in it. */
    byte[] ask(byte[] body) {
        byte[] asking = new byte[body.length - (end - start) + text.length()];
        System.arraycopy(body, 0, asking, 0, start);
        System.arraycopy(text.getBytes(US_ASCII), 0, asking, start, text.length());
        System.arraycopy(body, end, asking, start + text.length(), body.length - end);
        return asking;
    }
}
