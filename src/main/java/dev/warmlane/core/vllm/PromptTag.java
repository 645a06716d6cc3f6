package dev.warmlane.core.vllm;

/**
 * The bytes between the values of a canonical prompt, in the order in which members of one JSON object enter it. They are
 * below 32, where no JSON value starts, so different prompts never become the same bytes.
 */
enum PromptTag {
    MODEL(0),
    CACHE_SALT(1),
    TOOLS(2),
    SYSTEM(3),
    PREVIOUS_RESPONSE(4),
    PROMPT(5),
    MESSAGE(6),
    ROLE(7),
    CONTENT(8),
    NAME(9),
    TOOL_CALLS(10),
    TOOL_CALL_ID(11),
    ARGUMENTS(12),
    SUMMARY(13),
    PART_MEMBER(14),
    NESTED_CONTENT(15),
    NESTED_CONTENT_END(16),
    MEDIA(17);

    /** One more than the highest code. */
    static final int CODES = 18;

    private final int code;

    PromptTag(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
