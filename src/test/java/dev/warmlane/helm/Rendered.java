package dev.warmlane.helm;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.List;

/** The objects that values come to, every one of them read by its strict model. */
record Rendered(String text, List<HasMetadata> objects) {
    static final String NAME = "warmlane";

    static Rendered of(String text) {
        return new Rendered(text, List.copyOf(StrictModels.read(text)));
    }

    /** All objects of a kind. */
    <T extends HasMetadata> List<T> all(Class<T> kind) {
        return objects.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    /** The object of a kind and name. */
    <T extends HasMetadata> T named(Class<T> kind, String name) {
        List<T> found = all(kind).stream()
                .filter(object -> object.getMetadata().getName().equals(name))
                .toList();
        assertThat(found).as(kind.getSimpleName() + " " + name).hasSize(1);
        return found.get(0);
    }

    /** The object of a kind that bears the release's name. */
    <T extends HasMetadata> T the(Class<T> kind) {
        return named(kind, NAME);
    }

    boolean has(Class<? extends HasMetadata> kind) {
        return !all(kind).isEmpty();
    }

    /** The gateway's container. */
    Container gateway() {
        return container(the(Deployment.class));
    }

    /** The container of vLLM. */
    Container engine() {
        return container(named(Deployment.class, NAME + "-vllm"));
    }

    private static Container container(Deployment deployment) {
        return deployment.getSpec().getTemplate().getSpec().getContainers().get(0);
    }
}
