package dev.warmlane.helm;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the pods may do: the Pod Security Standard "restricted", and no permission that discovery does not use. */
class SecurityTest {
    private static final String EVERYTHING = """
            vllm: {enabled: true, version: 0.18.0, model: m}
            """;
    private static final Set<String> RESTRICTED_VOLUMES =
            Set.of("configMap", "emptyDir", "secret", "persistentVolumeClaim", "projected");

    private static List<PodSpec> pods(Rendered rendered) {
        List<PodSpec> pods = new ArrayList<>();
        rendered.all(Deployment.class)
                .forEach(d -> pods.add(d.getSpec().getTemplate().getSpec()));
        rendered.all(Pod.class).forEach(pod -> pods.add(pod.getSpec()));
        return pods;
    }

    private static List<Container> containers(Rendered rendered) {
        return pods(rendered).stream()
                .flatMap(pod -> pod.getContainers().stream())
                .toList();
    }

    @Test
    void runsNothingAsRoot() {
        assertThat(pods(Chart.renderWithHooks(EVERYTHING))).hasSize(3).allSatisfy(pod -> {
            assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
            assertThat(pod.getSecurityContext().getRunAsUser()).isEqualTo(65532);
        });
    }

    @Test
    void confinesSystemCalls() {
        assertThat(pods(Chart.renderWithHooks(EVERYTHING)))
                .allSatisfy(pod -> assertThat(
                                pod.getSecurityContext().getSeccompProfile().getType())
                        .isEqualTo("RuntimeDefault"));
    }

    @Test
    void gainsNoPrivileges() {
        assertThat(containers(Chart.renderWithHooks(EVERYTHING))).allSatisfy(container -> {
            assertThat(container.getSecurityContext().getAllowPrivilegeEscalation())
                    .isFalse();
            assertThat(container.getSecurityContext().getCapabilities().getDrop())
                    .containsExactly("ALL");
            assertThat(container.getSecurityContext().getCapabilities().getAdd())
                    .isEmpty();
        });
    }

    @Test
    void usesNothingOfItsHost() {
        assertThat(pods(Chart.renderWithHooks(EVERYTHING))).allSatisfy(pod -> {
            assertThat(pod.getHostNetwork()).isNull();
            assertThat(pod.getHostPID()).isNull();
            assertThat(pod.getVolumes())
                    .allSatisfy(volume -> assertThat(List.of(
                                    volume.getConfigMap() != null,
                                    volume.getSecret() != null,
                                    volume.getEmptyDir() != null,
                                    volume.getPersistentVolumeClaim() != null))
                            .as("one of " + RESTRICTED_VOLUMES)
                            .contains(true));
            assertThat(pod.getContainers())
                    .allSatisfy(container -> assertThat(container.getPorts())
                            .allSatisfy(port -> assertThat(port.getHostPort()).isNull()));
        });
    }

    @Test
    void writesToNothingButItsTemporaryFolder() {
        Rendered rendered = Chart.renderWithHooks("{}");
        assertThat(containers(rendered))
                .allSatisfy(
                        container -> assertThat(container.getSecurityContext().getReadOnlyRootFilesystem())
                                .isTrue());
        assertThat(rendered.gateway().getVolumeMounts())
                .filteredOn(mount -> !Boolean.TRUE.equals(mount.getReadOnly()))
                .extracting("mountPath")
                .containsExactly("/tmp");
    }

    @Test
    void leavesIdsToOpenShift() {
        assertThat(pods(Chart.renderWithHooks(EVERYTHING + "openshift: {enabled: true}")))
                .allSatisfy(pod -> {
                    assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
                    assertThat(pod.getSecurityContext().getRunAsUser()).isNull();
                    assertThat(pod.getSecurityContext().getRunAsGroup()).isNull();
                    assertThat(pod.getSecurityContext().getFsGroup()).isNull();
                });
    }

    @Test
    void takesAnotherUser() {
        assertThat(pods(Chart.render("securityContext: {runAsUser: 1234}")))
                .allSatisfy(pod ->
                        assertThat(pod.getSecurityContext().getRunAsUser()).isEqualTo(1234));
    }

    @Test
    void readsEndpointSlicesAndNothingElse() {
        Role role = Chart.render("{}").the(Role.class);
        assertThat(role.getMetadata().getNamespace()).isEqualTo("models");
        assertThat(role.getRules()).containsExactly(rule("discovery.k8s.io", "endpointslices"));
    }

    @Test
    void readsInferencePoolsAndPodsOnlyForThatSource() {
        assertThat(Chart.render("discovery: {inferencePool: llama}")
                        .the(Role.class)
                        .getRules())
                .containsExactly(rule("inference.networking.k8s.io", "inferencepools"), rule("", "pods"));
    }

    @Test
    void readsBothWhereBothAre() {
        assertThat(Chart.render("""
                        config:
                          pools:
                            - {name: a, kubernetes: {service: a}}
                            - {name: b, kubernetes: {inference-pool: b}}
                        """).the(Role.class).getRules()).hasSize(3);
    }

    @Test
    void bindsItsOwnAccount() {
        RoleBinding binding = Chart.render("{}").the(RoleBinding.class);
        assertThat(binding.getRoleRef().getName()).isEqualTo("warmlane");
        assertThat(binding.getSubjects()).singleElement().satisfies(subject -> {
            assertThat(subject.getName()).isEqualTo("warmlane");
            assertThat(subject.getNamespace()).isEqualTo("models");
        });
    }

    @Test
    void readsOtherNamespacesThroughRolesThere() {
        Rendered rendered = Chart.render("""
                config:
                  pools:
                    - {name: a, kubernetes: {service: a, namespace: team-a}}
                    - {name: b, kubernetes: {service: b, namespace: team-b}}
                """);
        assertThat(rendered.all(Role.class))
                .extracting(role -> role.getMetadata().getNamespace())
                .containsExactlyInAnyOrder("team-a", "team-b");
        assertThat(rendered.all(RoleBinding.class))
                .hasSize(2)
                .allSatisfy(binding ->
                        assertThat(binding.getSubjects().get(0).getNamespace()).isEqualTo("models"));
    }

    @Test
    void namesRolesElsewhereAfterTheirRelease() {
        assertThat(Chart.render("discovery: {namespace: gpu}").all(Role.class))
                .extracting(role -> role.getMetadata().getName())
                .containsExactly("models-warmlane");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", EVERYTHING, "tekton: {enabled: true}", "discovery: {namespace: gpu}"})
    void asksForNothingClusterWide(String values) {
        assertThat(Chart.render(values).text()).doesNotContain("ClusterRole").doesNotContain("kind: Namespace");
    }

    @Test
    void talksToNoApiServerAboutUrls() {
        Rendered rendered = Chart.render("discovery: {urls: ['http://10.0.0.1:8000']}");
        assertThat(rendered.has(Role.class)).isFalse();
        assertThat(rendered.the(Deployment.class)
                        .getSpec()
                        .getTemplate()
                        .getSpec()
                        .getAutomountServiceAccountToken())
                .isFalse();
    }

    @Test
    void holdsATokenOnlyWhereItIsUsed() {
        Rendered rendered = Chart.render(EVERYTHING);
        assertThat(rendered.the(Deployment.class)
                        .getSpec()
                        .getTemplate()
                        .getSpec()
                        .getAutomountServiceAccountToken())
                .isTrue();
        assertThat(rendered.named(Deployment.class, "warmlane-vllm")
                        .getSpec()
                        .getTemplate()
                        .getSpec()
                        .getAutomountServiceAccountToken())
                .isFalse();
        assertThat(rendered.the(ServiceAccount.class).getAutomountServiceAccountToken())
                .isFalse();
    }

    @Test
    void usesAnAccountThatIsThere() {
        Rendered rendered = Chart.render("serviceAccount: {create: false, name: ops}\nrbac: {create: false}");
        assertThat(rendered.has(ServiceAccount.class)).isFalse();
        assertThat(rendered.has(Role.class)).isFalse();
        assertThat(rendered.the(Deployment.class)
                        .getSpec()
                        .getTemplate()
                        .getSpec()
                        .getServiceAccountName())
                .isEqualTo("ops");
    }

    private static PolicyRule rule(String group, String resource) {
        PolicyRule rule = new PolicyRule();
        rule.setApiGroups(List.of(group));
        rule.setResources(List.of(resource));
        rule.setVerbs(List.of("get", "list", "watch"));
        return rule;
    }
}
