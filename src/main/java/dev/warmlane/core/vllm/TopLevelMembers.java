package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Replaces members of a request body's object, however their keys are escaped and however often they come. What is
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
     * @param sought what to look for on the way, below the members that are kept
     * @param onFound told one of the sought paths, if the body has something other than null there
     * @throws MalformedJsonException if the body is not one JSON object
     */
    public static byte[] replace(
            byte[] body,
            Set<String> removed,
            Map<String, String> inserted,
            NestedMembers sought,
            Consumer<String> onFound) {
        List<Member> kept = new ArrayList<>();
        String found = null;
        JsonScanner scanner = new JsonScanner(body, 0, body.length);
        scanner.enterObject();
        while (scanner.nextMember()) {
            int start = scanner.tokenStart();
            String name = scanner.tokenText();
            if (removed.contains(name) || inserted.containsKey(name)) {
                scanner.skipValue();
                continue;
            }
            String below = sought.readValue(scanner, name);
            found = found == null ? below : found;
            kept.add(new Member(start, scanner.position()));
        }
        scanner.expectEnd();
        if (found != null) {
            onFound.accept(found);
        }
        return join(body, kept, inserted);
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
