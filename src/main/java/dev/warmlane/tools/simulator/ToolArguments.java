package dev.warmlane.tools.simulator;

/** The arguments of a simulated function call: a JSON object that wraps the generated text. */
final class ToolArguments {
    private static final String OPENING = "{\"text\": \"";
    private static final String CLOSING = "\"}";

    private ToolArguments() {}

    /** Generated text holds nothing that JSON would escape. */
    static String whole(String text) {
        return OPENING + text + CLOSING;
    }

    /** The part that one token adds; all parts together are the whole. */
    static String part(String text, boolean first, boolean last) {
        return (first ? OPENING : "") + text + (last ? CLOSING : "");
    }
}
