package dev.warmlane.helm;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.tekton.pipeline.v1.Param;
import io.fabric8.tekton.pipeline.v1.ParamSpec;
import io.fabric8.tekton.pipeline.v1.Pipeline;
import io.fabric8.tekton.pipeline.v1.PipelineRun;
import io.fabric8.tekton.pipeline.v1.PipelineTask;
import io.fabric8.tekton.pipeline.v1.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The Tasks and Pipelines that prove a running gateway, as files and as the chart installs them. */
class TektonTest {
    private static final Pattern REFERENCE =
            Pattern.compile("\\$\\((params|tasks|results|workspaces)\\.([^)\\[]+)(\\[\\*])?\\)");

    private final List<HasMetadata> objects = TektonFiles.in(TektonFiles.DIRECTORY);
    private final List<HasMetadata> runs = TektonFiles.in(TektonFiles.DIRECTORY.resolve("runs"));
    private final Map<String, Task> tasks = named(Task.class)
            .collect(Collectors.toMap(task -> task.getMetadata().getName(), task -> task));

    private <T> Stream<T> named(Class<T> kind) {
        return objects.stream().filter(kind::isInstance).map(kind::cast);
    }

    @Test
    void haveTheTasksAndPipelines() {
        assertThat(tasks).containsOnlyKeys("warmlane-validate", "warmlane-restart-pods", "warmlane-ramp");
        assertThat(named(Pipeline.class).map(pipeline -> pipeline.getMetadata().getName()))
                .containsExactlyInAnyOrder("warmlane-cache-hit", "warmlane-pod-restart", "warmlane-ramp");
    }

    @Test
    void giveTasksTheParametersThatTheyHave() {
        named(Pipeline.class)
                .flatMap(pipeline -> pipeline.getSpec().getTasks().stream())
                .forEach(task -> {
                    Task referred = tasks.get(task.getTaskRef().getName());
                    assertThat(referred).as(task.getName()).isNotNull();
                    assertThat(referred.getSpec().getParams())
                            .extracting(ParamSpec::getName)
                            .containsAll(task.getParams().stream()
                                    .map(Param::getName)
                                    .toList());
                });
    }

    @Test
    void referToNothingThatIsNotThere() {
        for (Pipeline pipeline : named(Pipeline.class).toList()) {
            List<String> params = pipeline.getSpec().getParams().stream()
                    .map(ParamSpec::getName)
                    .toList();
            List<String> results = pipeline.getSpec().getTasks().stream()
                    .flatMap(task -> tasks.get(task.getTaskRef().getName()).getSpec().getResults().stream()
                            .map(result -> task.getName() + ".results." + result.getName()))
                    .toList();
            REFERENCE
                    .matcher(String.valueOf(pipeline.getSpec()))
                    .results()
                    .forEach(match -> assertThat(match.group(1).equals("params") ? params : results)
                            .as(pipeline.getMetadata().getName())
                            .contains(match.group(2)));
        }
        for (Task task : tasks.values()) {
            List<String> known = Stream.of(
                            task.getSpec().getParams().stream().map(ParamSpec::getName),
                            task.getSpec().getResults().stream().map(result -> result.getName() + ".path"),
                            task.getSpec().getWorkspaces().stream().map(workspace -> workspace.getName() + ".path"))
                    .flatMap(names -> names)
                    .toList();
            REFERENCE
                    .matcher(String.valueOf(task.getSpec().getSteps()))
                    .results()
                    .forEach(match -> assertThat(known).contains(match.group(2)));
        }
    }

    @Test
    void putNoParameterIntoAScript() {
        assertThat(tasks.values())
                .allSatisfy(task -> assertThat(task.getSpec().getSteps())
                        .allSatisfy(step -> assertThat(step.getScript()).doesNotContain("$(params")));
    }

    @Test
    void runOneSessionAndThenFive() {
        List<PipelineTask> steps = named(Pipeline.class)
                .filter(pipeline -> pipeline.getMetadata().getName().equals("warmlane-cache-hit"))
                .findFirst()
                .orElseThrow()
                .getSpec()
                .getTasks();
        assertThat(steps).extracting(PipelineTask::getName).containsExactly("one-session", "five-sessions");
        assertThat(steps.get(1).getRunAfter()).containsExactly("one-session");
        assertThat(steps)
                .extracting(step -> step.getParams().stream()
                        .filter(param -> param.getName().equals("sessions"))
                        .findFirst()
                        .orElseThrow()
                        .getValue()
                        .getStringVal())
                .containsExactly("1", "5");
    }

    @Test
    void measureBeforeAndAfterARestart() {
        List<PipelineTask> steps = named(Pipeline.class)
                .filter(pipeline -> pipeline.getMetadata().getName().equals("warmlane-pod-restart"))
                .findFirst()
                .orElseThrow()
                .getSpec()
                .getTasks();
        assertThat(steps).extracting(PipelineTask::getName).containsExactly("before", "restart", "after");
        assertThat(steps.get(1).getRunAfter()).containsExactly("before");
        assertThat(steps.get(2).getRunAfter()).containsExactly("restart");
    }

    @Test
    void takeTheirImagesByTagOrDigest() {
        assertThat(tasks.values())
                .allSatisfy(task -> assertThat(task.getSpec().getSteps())
                        .allSatisfy(step -> assertThat(step.getImage()).matches("\\$\\(params\\.(kubectl-)?image\\)")));
        assertThat(tasks.values())
                .flatExtracting(task -> task.getSpec().getParams())
                .filteredOn(param -> param.getName().endsWith("image"))
                .allSatisfy(param -> assertThat(param.getDefault().getStringVal())
                        .contains(":")
                        .doesNotContain("latest"));
    }

    @Test
    void runWithoutPrivileges() {
        assertThat(tasks.values()).allSatisfy(task -> {
            var security = task.getSpec().getStepTemplate().getSecurityContext();
            assertThat(security.getRunAsNonRoot()).isTrue();
            assertThat(security.getAllowPrivilegeEscalation()).isFalse();
            assertThat(security.getCapabilities().getDrop()).containsExactly("ALL");
        });
    }

    @Test
    void mayRestartDeploymentsAndNothingElse() {
        assertThat(named(Role.class))
                .singleElement()
                .satisfies(role -> assertThat(role.getRules()).singleElement().satisfies(rule -> {
                    assertThat(rule.getApiGroups()).containsExactly("apps");
                    assertThat(rule.getResources()).containsExactly("deployments");
                    assertThat(rule.getVerbs()).containsExactly("get", "list", "watch", "patch");
                }));
        assertThat(named(RoleBinding.class)).hasSize(1);
    }

    @Test
    void reachTheManagementPortThroughTheNetworkPolicy() {
        assertThat(List.of(tasks.get("warmlane-validate"), tasks.get("warmlane-ramp")))
                .allSatisfy(task -> assertThat(task.getMetadata().getLabels())
                        .containsEntry("warmlane.dev/management-client", "true"));
    }

    @Test
    void haveAnExampleRunForEachPipeline() {
        assertThat(runs).hasSize(3).allSatisfy(object -> {
            PipelineRun run = (PipelineRun) object;
            Pipeline pipeline = named(Pipeline.class)
                    .filter(candidate -> candidate
                            .getMetadata()
                            .getName()
                            .equals(run.getSpec().getPipelineRef().getName()))
                    .findFirst()
                    .orElseThrow();
            assertThat(pipeline.getSpec().getParams())
                    .extracting(ParamSpec::getName)
                    .containsAll(run.getSpec().getParams().stream()
                            .map(Param::getName)
                            .toList());
            assertThat(run.getSpec().getWorkspaces())
                    .extracting("name")
                    .containsExactlyElementsOf(pipeline.getSpec().getWorkspaces().stream()
                            .map(workspace -> workspace.getName())
                            .toList());
            assertThat(run.getSpec().getTaskRunTemplate().getServiceAccountName())
                    .isEqualTo("warmlane-pipeline");
        });
    }

    @Test
    void areInstalledOnlyWhenTold() {
        assertThat(Chart.render("{}").has(Task.class)).isFalse();
    }

    @Test
    void knowTheReleaseThatInstallsThem() {
        Rendered rendered = Chart.render(
                "{tekton: {enabled: true}, fullnameOverride: llm, service: {port: 8000}, image: {tag: 1.2.3}}");
        assertThat(rendered.all(Task.class)).hasSize(3);
        assertThat(rendered.all(Pipeline.class)).hasSize(3);
        Map<String, String> defaults = rendered.named(Task.class, "warmlane-validate").getSpec().getParams().stream()
                .filter(param -> param.getDefault().getStringVal() != null)
                .collect(Collectors.toMap(
                        ParamSpec::getName, param -> param.getDefault().getStringVal()));
        assertThat(defaults)
                .containsEntry("image", "warmlane/warmlane:1.2.3")
                .containsEntry("gateway", "http://llm:8000")
                .containsEntry("management", "http://llm-management:8081")
                .containsEntry("sessions", "5");
        assertThat(rendered.named(RoleBinding.class, "warmlane-pipeline")
                        .getSubjects()
                        .get(0)
                        .getNamespace())
                .isEqualTo("models");
        assertThat(rendered.named(ServiceAccount.class, "warmlane-pipeline")
                        .getMetadata()
                        .getNamespace())
                .isEqualTo("models");
    }

    @Test
    void restartTheEnginesOfTheRelease() {
        Rendered rendered = Chart.render("{tekton: {enabled: true}, vllm: {enabled: true, version: 0.10.0, model: m}}");
        String selector = rendered.named(Task.class, "warmlane-restart-pods").getSpec().getParams().stream()
                .filter(param -> param.getName().equals("selector"))
                .findFirst()
                .orElseThrow()
                .getDefault()
                .getStringVal();
        Map<String, String> labels = rendered.named(
                        io.fabric8.kubernetes.api.model.apps.Deployment.class, "warmlane-vllm")
                .getMetadata()
                .getLabels();
        assertThat(Stream.of(selector.split(",")))
                .hasSize(3)
                .allSatisfy(label -> assertThat(labels).containsEntry(label.split("=")[0], label.split("=")[1]));
    }

    @Test
    void leaveIdsToOpenShift() {
        assertThat(Chart.render("{tekton: {enabled: true}, openshift: {enabled: true}}")
                        .all(Task.class))
                .allSatisfy(task -> assertThat(task.getSpec()
                                .getStepTemplate()
                                .getSecurityContext()
                                .getRunAsUser())
                        .isNull());
    }

    @Test
    void askWithTheReleasesKey() {
        String values = "{tekton: {enabled: true}, validation: {apiKeySecret: llm-keys}}";
        EnvVar variable = Chart.renderWithHooks(values)
                .named(Pod.class, "warmlane-validate")
                .getSpec()
                .getContainers()
                .get(0)
                .getEnv()
                .get(0);
        assertThat(variable.getName()).isEqualTo("WARMLANE_API_KEY");
        assertThat(variable.getValueFrom().getSecretKeyRef().getName()).isEqualTo("llm-keys");
        assertThat(variable.getValueFrom().getSecretKeyRef().getKey()).isEqualTo("api-key");
        assertThat(Chart.render(values)
                        .named(Task.class, "warmlane-ramp")
                        .getSpec()
                        .getParams())
                .filteredOn(param -> param.getName().equals("api-key-secret"))
                .singleElement()
                .satisfies(
                        param -> assertThat(param.getDefault().getStringVal()).isEqualTo("llm-keys"));
        assertThat(Chart.renderWithHooks("validation: {options: [--model=chat, --max-imbalance=2.5]}")
                        .named(Pod.class, "warmlane-validate")
                        .getSpec()
                        .getContainers()
                        .get(0))
                .satisfies(container -> assertThat(container.getEnv()).isEmpty())
                .satisfies(
                        container -> assertThat(container.getArgs()).endsWith("--model=chat", "--max-imbalance=2.5"));
    }

    @Test
    void areShortInHelmTest() throws IOException {
        Pod pod = Chart.renderWithHooks("validation: {sessions: 3, turns: 4, minHitRatio: 0.7}")
                .named(Pod.class, "warmlane-validate");
        assertThat(pod.getSpec().getRestartPolicy()).isEqualTo("Never");
        assertThat(pod.getMetadata().getLabels()).containsEntry("warmlane.dev/management-client", "true");
        assertThat(pod.getSpec().getContainers().get(0).getImage()).isEqualTo("warmlane/warmlane:0.2.0");
        assertThat(pod.getSpec().getContainers().get(0).getArgs())
                .containsExactly(
                        "validate",
                        "--gateway",
                        "http://warmlane:80",
                        "--management",
                        "http://warmlane-management:8081",
                        "--sessions=3",
                        "--turns=4",
                        "--min-hit-ratio=0.7",
                        "--min-stickiness=1",
                        "--allow-other-traffic");
        assertThat(Files.readString(Chart.DIRECTORY.resolve("templates/tests/validate.yaml")))
                .contains("helm.sh/hook: test")
                .contains("helm.sh/hook-delete-policy: before-hook-creation\n");
    }
}
