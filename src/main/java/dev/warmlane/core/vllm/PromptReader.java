package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.warmlane.core.vllm.CanonicalPrompt.PromptTag;
import dev.warmlane.core.vllm.EngineVersion.StrippedText;
import dev.warmlane.core.vllm.JsonStrings.QuoteSearch;
import dev.warmlane.core.vllm.PromptSpans.MemberOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the values that make up a prompt: messages in the shapes of chat, responses and Anthropic, plain prompts and token
 * ids. What it does not know it keeps as it stands, so an unknown shape is a prompt too. Not thread-safe.
 */
final class PromptReader {
    private enum MessageField {
        ROLE(PromptTag.ROLE),
        CONTENT(PromptTag.CONTENT),
        NAME(PromptTag.NAME),
        TOOL_CALLS(PromptTag.TOOL_CALLS),
        TOOL_CALL_ID(PromptTag.TOOL_CALL_ID),
        CALL_ID(PromptTag.TOOL_CALL_ID),
        ARGUMENTS(PromptTag.ARGUMENTS),
        OUTPUT(PromptTag.CONTENT),
        SUMMARY(PromptTag.SUMMARY);

        private final PromptTag tag;

        MessageField(PromptTag tag) {
            this.tag = tag;
        }
    }

    private enum PartField {
        TEXT,
        CONTENT,
        TYPE,
        CACHE_CONTROL,
        IMAGE_URL,
        IMAGE_EMBEDS,
        AUDIO_URL,
        INPUT_AUDIO,
        VIDEO_URL,
        SOURCE
    }

    private static final byte[] SYSTEM = "\"system\"".getBytes(US_ASCII);

    private static final FieldNames<MessageField> MESSAGE_FIELDS = new FieldNames<>(MessageField.values());
    private static final FieldNames<PartField> PART_FIELDS = new FieldNames<>(PartField.values());

    private final JsonScanner scanner;
    private final PromptSpans spans;
    private final MemberOrder members = new MemberOrder();
    private @Nullable StrippedText stripped;
    private int prompts = 1;

    PromptReader(JsonScanner scanner, PromptSpans spans) {
        this.scanner = scanner;
        this.spans = spans;
    }

    /** How many prompts the last list was of, each of which has a response of its own; else 1. */
    int prompts() {
        return prompts;
    }

    /** Reads a list of messages or of prompts, a prompt, or token ids. */
    void prompt() {
        prompts = 1;
        if (scanner.peek() != '[') {
            value();
            return;
        }
        int start = scanner.position();
        scanner.enterArray();
        boolean more = scanner.nextElement();
        if (more && scanner.peek() != '{' && scanner.peek() != '"') {
            if (scanner.peek() == '[') {
                prompts = elements();
            }
            scanner.rewind(start);
            value();
            return;
        }
        prompts = 0;
        while (more) {
            prompts += scanner.peek() == '{' ? 0 : 1;
            if (scanner.peek() == '{') {
                message();
            } else {
                value();
            }
            more = scanner.nextElement();
        }
        prompts = Math.max(1, prompts);
    }

    /** Counts the elements of an array whose first one comes next. */
    private int elements() {
        int count = 0;
        do {
            scanner.skipValue();
            count++;
        } while (scanner.nextElement());
        return count;
    }

    /** Reads a system prompt: a text, or a list of parts; a list of one text equals the text. */
    void system() {
        stripped = scanner.peek() == '[' ? StrippedText.SYSTEM_BLOCK : null;
        content(false);
        stripped = null;
    }

    /** Reads a value that enters the prompt as it stands, but for white space. */
    void value() {
        scanner.skipValue();
        spans.addValue(scanner);
    }

    private void message() {
        spans.addTag(PromptTag.MESSAGE);
        int mark = spans.size();
        boolean system = false;
        members.clear();
        scanner.enterObject();
        while (scanner.nextMember()) {
            MessageField field = MESSAGE_FIELDS.find(scanner);
            if (field == null) {
                scanner.skipValue();
                continue;
            }
            int first = spans.size();
            boolean isRole = field == MessageField.ROLE;
            messageMember(field);
            members.put(field.tag, first, spans.size());
            if (isRole) {
                system = isSystem();
            }
        }
        if (!system) {
            spans.keepStripped(mark);
        }
        spans.arrange(mark, members);
    }

    private void messageMember(MessageField field) {
        if (scanner.peek() == 'n') {
            scanner.skipValue();
            return;
        }
        spans.addTag(field.tag);
        if (field == MessageField.CONTENT || field == MessageField.OUTPUT) {
            stripped = StrippedText.SYSTEM_MESSAGE;
            content(false);
            stripped = null;
        } else {
            value();
        }
    }

    private void content(boolean nested) {
        if (scanner.peek() != '[') {
            text();
            return;
        }
        scanner.enterArray();
        while (scanner.nextElement()) {
            if (scanner.peek() == '{') {
                part(nested);
            } else {
                value();
            }
        }
    }

    private boolean isSystem() {
        int start = scanner.tokenStart();
        return Arrays.equals(scanner.bytes(), start, scanner.tokenEnd(), SYSTEM, 0, SYSTEM.length);
    }

    private void text() {
        scanner.skipValue();
        byte[] body = scanner.bytes();
        int start = scanner.tokenStart();
        int end = scanner.tokenEnd();
        if (stripped == null || !stripped.begins(body, start, end)) {
            spans.addValue(scanner);
            return;
        }
        int line = lineEnd(start, end);
        if (stripped == StrippedText.SYSTEM_BLOCK || line == end) {
            spans.addStripped(stripped, body, start, end);
        } else {
            spans.addString(body, start, start + 1);
            spans.addStripped(stripped, body, start + 1, line);
            spans.addString(body, line, end);
        }
    }

    /** Where the text after the first line begins in a JSON string; its end if there is but one line. */
    private int lineEnd(int start, int end) {
        byte[] body = scanner.bytes();
        int i = QuoteSearch.next(body, start + 1, end);
        while (body[i] == '\\') {
            boolean numbered = body[i + 1] == 'u';
            int after = i + (numbered ? JsonStrings.UNICODE_LENGTH : 2);
            if (body[i + 1] == 'n' || (numbered && JsonStrings.numbered(body, i, after) == '\n')) {
                return after;
            }
            i = QuoteSearch.next(body, after, end);
        }
        return end;
    }

    private void part(boolean nested) {
        scanner.enterObject();
        while (scanner.nextMember()) {
            PartField field = PART_FIELDS.find(scanner);
            // Anthropic's clients move cache_control from turn to turn; it says nothing about the prompt.
            if (scanner.peek() == 'n' || field == PartField.TYPE || field == PartField.CACHE_CONTROL) {
                scanner.skipValue();
            } else {
                partMember(field, nested);
            }
        }
    }

    private void partMember(@Nullable PartField field, boolean nested) {
        if (field == PartField.TEXT) {
            text();
        } else if (field == PartField.CONTENT && !nested) {
            spans.addTag(PromptTag.NESTED_CONTENT);
            content(true);
            spans.addTag(PromptTag.NESTED_CONTENT_END);
        } else if (field == null || field == PartField.CONTENT) {
            spans.addTag(PromptTag.PART_MEMBER);
            spans.addString(scanner.bytes(), scanner.tokenStart(), scanner.tokenEnd());
            value();
        } else {
            spans.addTag(PromptTag.MEDIA);
            scanner.skipValue();
            spans.addMedia(scanner.tokenStart(), scanner.tokenEnd());
        }
    }
}
