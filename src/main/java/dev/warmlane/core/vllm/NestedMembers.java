package dev.warmlane.core.vllm;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds members of a request body by their path from its top, such as {@code messages.content.uuid}, however their keys are
 * escaped and however often they come. Arrays on the way are looked through. Immutable.
 */
public final class NestedMembers {
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
