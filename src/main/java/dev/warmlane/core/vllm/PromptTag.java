package dev.warmlane.core.vllm;

/**
 * The bytes between the values of a canonical prompt, in the order in which members of one JSON object enter it. They are
 * below 32, where no JSON value starts, so different prompts never become the same bytes.
 */
enum PromptTag {
    MODEL,
    CACHE_SALT,
    TOOLS,
    SYSTEM,
    PREVIOUS_RESPONSE,
    PROMPT,
    MESSAGE,
    ROLE,
    CONTENT,
    NAME,
    TOOL_CALLS,
    TOOL_CALL_ID,
    ARGUMENTS,
    SUMMARY,
    PART_MEMBER,
    NESTED_CONTENT,
    NESTED_CONTENT_END,
    MEDIA;

    static final int CODES = values().length;

    @SuppressWarnings("EnumOrdinal") // Replicas share it in their hashes: a new tag goes to the end.
    int code() {
        return ordinal();
    }

    /** The byte of each tag at its own place. */
    static byte[] bytes() {
        byte[] bytes = new byte[CODES];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) i;
        }
        return bytes;
    }
}
