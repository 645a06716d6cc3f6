package dev.warmlane.helm;

import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Decides on requests to the API server as Kubernetes does by a namespace's Roles, and notes which resources were asked for. */
public final class Permissions implements Predicate<String> {
    private static final Pattern REQUEST = Pattern.compile(
            "(?<method>[A-Z]+) /(api/v1|apis/(?<group>[^/]+)/[^/]+)/namespaces/(?<namespace>[^/]+)/(?<resource>[a-z]+)"
                    + "(?<name>/[^?]+)?(\\?(?<query>.*))?");

    private final List<Role> roles;
    private final Set<String> used = new ConcurrentSkipListSet<>();

    public Permissions(List<Role> roles) {
        this.roles = List.copyOf(roles);
    }

    @Override
    public boolean test(String request) {
        Matcher asked = REQUEST.matcher(request);
        if (!asked.matches()) {
            return false;
        }
        String group = asked.group("group") == null ? "" : asked.group("group");
        String resource = asked.group("namespace") + "/" + group + "/" + asked.group("resource");
        used.add(resource);
        return granted(verb(asked)).contains(resource);
    }

    /** Every resource that was asked for, as namespace/group/resource. */
    public Set<String> used() {
        return Set.copyOf(used);
    }

    /** Every resource that the Roles grant, whatever the verb. */
    Set<String> granted() {
        Set<String> granted = new TreeSet<>();
        for (Role role : roles) {
            for (PolicyRule rule : role.getRules()) {
                rule.getVerbs().forEach(verb -> granted.addAll(granted(verb)));
            }
        }
        return granted;
    }

    private Set<String> granted(String verb) {
        Set<String> granted = new TreeSet<>();
        for (Role role : roles) {
            for (PolicyRule rule : role.getRules()) {
                if (rule.getVerbs().contains(verb)) {
                    rule.getApiGroups()
                            .forEach(group -> rule.getResources()
                                    .forEach(resource -> granted.add(
                                            role.getMetadata().getNamespace() + "/" + group + "/" + resource)));
                }
            }
        }
        return granted;
    }

    private static String verb(Matcher asked) {
        if (!asked.group("method").equals("GET")) {
            return asked.group("method").toLowerCase(java.util.Locale.ROOT);
        }
        String query = asked.group("query") == null ? "" : asked.group("query");
        return query.contains("watch=true") ? "watch" : asked.group("name") == null ? "list" : "get";
    }
}
