package dev.warmlane.cluster;

import java.util.List;

/**
 * Who came and who went.
 *
 * @param joined new to us; never ourselves
 * @param left no longer there, by their own wish or because nobody hears them
 * @param merged whether those who joined lived on the other side of a partition that has healed, and have changed things since
 * @param members all who are there now, the oldest first, ourselves included
 */
public record MembershipChange(List<Member> joined, List<Member> left, boolean merged, List<Member> members) {
    public MembershipChange {
        joined = List.copyOf(joined);
        left = List.copyOf(left);
        members = List.copyOf(members);
    }
}
