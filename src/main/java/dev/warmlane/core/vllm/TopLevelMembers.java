package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads and replaces members of a request body's object, however their keys are escaped and however often they come. What is
 * kept stays as it was, byte for byte.
 */
public final class TopLevelMembers {
    private TopLevelMembers() {}

    /** Where a member lies in the body, key and value. */
    private record Member(int start, int end) {}

    /**
     * The body with these members in place of all members of the same names.
     *
     * @param removed names of further members that are left out
     * @param inserted text by name; neither may need an escape
     * @throws MalformedJsonException if the body is not one JSON object
     */
    public static byte[] replace(byte[] body, Set<String> removed, Map<String, String> inserted) {
        List<Member> kept = new ArrayList<>();
        JsonScanner scanner = new JsonScanner(body, 0, body.length);
        scanner.enterObject();
        while (scanner.nextMember()) {
            int start = scanner.tokenStart();
            String name = scanner.tokenText();
            scanner.skipValue();
            if (!removed.contains(name) && !inserted.containsKey(name)) {
                kept.add(new Member(start, scanner.tokenEnd()));
            }
        }
        scanner.expectEnd();
        return join(body, kept, inserted);
    }

    /**
     * The texts of all members of a name; values that are no text are passed over.
     *
     * @throws MalformedJsonException if the body is not one JSON object
     */
    public static List<String> texts(byte[] body, String name) {
        List<String> texts = new ArrayList<>(1);
        JsonScanner scanner = new JsonScanner(body, 0, body.length);
        scanner.enterObject();
        while (scanner.nextMember()) {
            boolean found = scanner.tokenText().equals(name);
            boolean text = scanner.peek() == '"';
            scanner.skipValue();
            if (found && text) {
                texts.add(scanner.tokenText());
            }
        }
        scanner.expectEnd();
        return texts;
    }

    private static byte[] join(byte[] body, List<Member> kept, Map<String, String> inserted) {
        StringBuilder text = new StringBuilder("{");
        inserted.forEach((name, value) -> text.append(text.length() > 1 ? ",\"" : "\"")
                .append(name)
                .append("\":\"")
                .append(value)
                .append('"'));
        byte[] head = text.toString().getBytes(UTF_8);
        int commas = inserted.isEmpty() ? Math.max(0, kept.size() - 1) : kept.size();
        int members =
                kept.stream().mapToInt(member -> member.end - member.start).sum();
        byte[] joined = new byte[head.length + commas + members + 1];
        System.arraycopy(head, 0, joined, 0, head.length);
        int length = head.length;
        for (Member member : kept) {
            if (length > 1) {
                joined[length++] = ',';
            }
            System.arraycopy(body, member.start, joined, length, member.end - member.start);
            length += member.end - member.start;
        }
        joined[length] = '}';
        return joined;
    }
}
