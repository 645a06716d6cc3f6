package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.warmlane.core.vllm.JsonTokens.MalformedJsonException;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Replaces members of a request body's object, however their keys are escaped and however often they come. What is
 * kept stays as it was, byte for byte.
 */
public final class TopLevelMembers {
    /** Members that a body may have: no API knows a hundred, and each has to be remembered until all are known. */
    public static final int MAX_MEMBERS = 10_000;

    private TopLevelMembers() {}

    /**
     * The body with these members in place of all members of the same names.
     *
     * @param removed names of further members that are left out
     * @param inserted text by name; neither may need an escape
     * @param sought what to look for on the way, below the members that are kept
     * @param onFound told one of the sought paths, if the body has something other than null there
     * @throws MalformedJsonException if the body is not one JSON object, or one of more than {@value #MAX_MEMBERS} members
     */
    public static byte[] replace(
            byte[] body,
            Set<String> removed,
            Map<String, String> inserted,
            NestedMembers sought,
            Consumer<String> onFound) {
        int longestName = Math.max(sought.longestName(), Math.max(longest(removed), longest(inserted.keySet())));
        // Where each member that is kept lies in the body, key and value: its start and its end.
        int[] kept = new int[32];
        int ends = 0;
        int members = 0;
        String found = null;
        JsonScanner scanner = new JsonScanner(body);
        scanner.enterObject();
        while (scanner.nextMember()) {
            if (++members > MAX_MEMBERS) {
                throw scanner.malformed("at most " + MAX_MEMBERS + " members");
            }
            int start = scanner.tokenStart();
            String name = scanner.tokenText(longestName);
            if (name != null && (removed.contains(name) || inserted.containsKey(name))) {
                scanner.skipValue();
                continue;
            }
            String below = sought.readValue(scanner, name);
            found = found == null ? below : found;
            if (ends == kept.length) {
                kept = Arrays.copyOf(kept, 2 * ends);
            }
            kept[ends++] = start;
            kept[ends++] = scanner.position();
        }
        scanner.expectEnd();
        if (found != null) {
            onFound.accept(found);
        }
        return join(body, kept, ends, inserted);
    }

    private static int longest(Set<String> names) {
        return names.stream().mapToInt(String::length).max().orElse(0);
    }

    private static byte[] join(byte[] body, int[] kept, int ends, Map<String, String> inserted) {
        StringBuilder text = new StringBuilder("{");
        inserted.forEach((name, value) -> text.append(text.length() > 1 ? ",\"" : "\"")
                .append(name)
                .append("\":\"")
                .append(value)
                .append('"'));
        byte[] head = text.toString().getBytes(UTF_8);
        int commas = inserted.isEmpty() ? Math.max(0, ends / 2 - 1) : ends / 2;
        int members = 0;
        for (int i = 0; i < ends; i += 2) {
            members += kept[i + 1] - kept[i];
        }
        byte[] joined = new byte[head.length + commas + members + 1];
        System.arraycopy(head, 0, joined, 0, head.length);
        int length = head.length;
        for (int i = 0; i < ends; i += 2) {
            if (length > 1) {
                joined[length++] = ',';
            }
            System.arraycopy(body, kept[i], joined, length, kept[i + 1] - kept[i]);
            length += kept[i + 1] - kept[i];
        }
        joined[length] = '}';
        return joined;
    }

    /**
     * Finds members of a request body by their path from its top, such as {@code messages.content.uuid}, however their keys are
     * escaped and however often they come. Arrays on the way are looked through. Immutable.
     */
    public static final class NestedMembers {
        /** Of a batch of conversations, {@code messages} is a list of lists. */
        private static final int MAX_ARRAYS = 2;

        private final Node top = new Node("");
        private final int longestName;

        private static final class Node {
            private final String path;
            private final Map<String, Node> members = new HashMap<>();

            Node(String path) {
                this.path = path;
            }

            Node member(String name) {
                return members.computeIfAbsent(name, added -> new Node(path.isEmpty() ? added : path + "." + added));
            }
        }

        /** @param paths names joined by dots; none is the beginning of another */
        public NestedMembers(Collection<String> paths) {
            int longest = 0;
            for (String path : paths) {
                Node node = top;
                for (String name : path.split("\\.", -1)) {
                    node = node.member(name);
                    longest = Math.max(longest, name.length());
                }
            }
            longestName = longest;
        }

        /** Characters of the longest name in any path. */
        int longestName() {
            return longestName;
        }

        /**
         * Reads the value of a member of the body's object, to its end.
         *
         * @param name of the member; null: longer than any in a path
         * @return one of the paths at which it has something other than null, or null if it has nothing at any of them
         */
        @Nullable
        String readValue(JsonScanner scanner, @Nullable String name) {
            Node member = name == null ? null : top.members.get(name);
            if (member == null) {
                scanner.skipValue();
                return null;
            }
            scanner.peek();
            int start = scanner.position();
            String found = inValue(scanner, member, 0);
            if (found != null) {
                scanner.rewind(start);
                scanner.skipValue();
            }
            return found;
        }

        private @Nullable String inObject(JsonScanner scanner, Node node) {
            scanner.enterObject();
            while (scanner.nextMember()) {
                String name = scanner.tokenText(longestName);
                Node member = name == null ? null : node.members.get(name);
                if (member == null) {
                    scanner.skipValue();
                    continue;
                }
                String found = inValue(scanner, member, 0);
                if (found != null) {
                    return found;
                }
            }
            return null;
        }

        private @Nullable String inValue(JsonScanner scanner, Node node, int arrays) {
            byte first = scanner.peek();
            if (!node.members.isEmpty() && first == '{') {
                return inObject(scanner, node);
            }
            if (!node.members.isEmpty() && first == '[' && arrays < MAX_ARRAYS) {
                return inArray(scanner, node, arrays + 1);
            }
            scanner.skipValue();
            return node.members.isEmpty() && first != 'n' ? node.path : null;
        }

        private @Nullable String inArray(JsonScanner scanner, Node node, int arrays) {
            scanner.enterArray();
            while (scanner.nextElement()) {
                String found = inValue(scanner, node, arrays);
                if (found != null) {
                    return found;
                }
            }
            return null;
        }
    }
}
