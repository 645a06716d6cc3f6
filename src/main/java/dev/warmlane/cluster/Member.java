package dev.warmlane.cluster;

/**
 * One replica of the gateway, from its start to its end. A replica that starts again is another member.
 *
 * @param id unique, the same on every replica
 * @param name for people, such as the name of the pod; not unique
 * @param version of the gateway that runs there
 */
public record Member(String id, String name, String version) {}
