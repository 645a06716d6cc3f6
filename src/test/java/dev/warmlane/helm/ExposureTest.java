package dev.warmlane.helm;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.Gateway;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRoute;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.openshift.api.model.Route;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How traffic comes in. */
class ExposureTest {
    private static final String ROUTED = "httpRoute: {enabled: true, parentRefs: [{name: public, namespace: infra}]}";
    private static final String OPENSHIFT = "route: {enabled: true}";

    @Test
    void offersThePublicPortAlone() {
        Service service = Chart.render("{}").the(Service.class);
        assertThat(service.getSpec().getType()).isEqualTo("ClusterIP");
        assertThat(service.getSpec().getPorts()).singleElement().satisfies(port -> {
            assertThat(port.getPort()).isEqualTo(80);
            assertThat(port.getTargetPort().getStrVal()).isEqualTo("http");
        });
    }

    @Test
    void keepsTheManagementPortInAServiceOfItsOwn() {
        Service management = Chart.render("{}").named(Service.class, "warmlane-management");
        assertThat(management.getSpec().getType()).isEqualTo("ClusterIP");
        assertThat(management.getSpec().getPorts()).singleElement().satisfies(port -> {
            assertThat(port.getPort()).isEqualTo(8081);
            assertThat(port.getTargetPort().getStrVal()).isEqualTo("management");
        });
    }

    @Test
    void offersItOutsideWithoutTheManagementPort() {
        Rendered rendered = Chart.render("service: {type: LoadBalancer, port: 8000, annotations: {a: b}}");
        Service service = rendered.the(Service.class);
        assertThat(service.getSpec().getType()).isEqualTo("LoadBalancer");
        assertThat(service.getSpec().getPorts()).extracting("port").containsExactly(8000);
        assertThat(service.getMetadata().getAnnotations()).containsEntry("a", "b");
        assertThat(rendered.named(Service.class, "warmlane-management")
                        .getSpec()
                        .getType())
                .isEqualTo("ClusterIP");
    }

    @Test
    void sendsAClientToAnyReplicaUnlessTold() {
        assertThat(Chart.render("{}").the(Service.class).getSpec().getSessionAffinity())
                .isEqualTo("None");
        assertThat(Chart.render("service: {sessionAffinity: ClientIP}")
                        .the(Service.class)
                        .getSpec()
                        .getSessionAffinity())
                .isEqualTo("ClientIP");
    }

    @Test
    void isNotExposedByDefault() {
        Rendered rendered = Chart.render("{}");
        assertThat(rendered.has(Ingress.class)).isFalse();
        assertThat(rendered.has(HTTPRoute.class)).isFalse();
        assertThat(rendered.has(Gateway.class)).isFalse();
        assertThat(rendered.has(Route.class)).isFalse();
    }

    @Test
    void neverCutsAStreamInAnHttpRoute() {
        assertThat(Chart.render(ROUTED).the(HTTPRoute.class).getSpec().getRules())
                .singleElement()
                .satisfies(rule -> assertThat(rule.getTimeouts().getRequest()).isEqualTo("0s"));
    }

    @Test
    void routesItsPathsToItsService() {
        var rule = Chart.render(ROUTED + "\nservice: {port: 8000}")
                .the(HTTPRoute.class)
                .getSpec()
                .getRules()
                .get(0);
        assertThat(rule.getMatches())
                .extracting(match -> match.getPath().getValue())
                .containsExactly("/v1");
        assertThat(rule.getBackendRefs()).singleElement().satisfies(backend -> {
            assertThat(backend.getName()).isEqualTo("warmlane");
            assertThat(backend.getPort()).isEqualTo(8000);
        });
    }

    @Test
    void belongsToTheGatewaysNamed() {
        assertThat(Chart.render(ROUTED).the(HTTPRoute.class).getSpec().getParentRefs())
                .singleElement()
                .satisfies(parent -> {
                    assertThat(parent.getName()).isEqualTo("public");
                    assertThat(parent.getNamespace()).isEqualTo("infra");
                });
    }

    @Test
    void answersToHostNamesAndOtherPaths() {
        var spec = Chart.render("""
                httpRoute:
                  enabled: true
                  parentRefs: [{name: public}]
                  hostnames: [llm.example.org]
                  paths: [/v1, /tokenize]
                  annotations: {a: b}
                """).the(HTTPRoute.class);
        assertThat(spec.getSpec().getHostnames()).containsExactly("llm.example.org");
        assertThat(spec.getSpec().getRules().get(0).getMatches()).hasSize(2);
        assertThat(spec.getMetadata().getAnnotations()).containsEntry("a", "b");
    }

    @Test
    void sharesTrafficWithWhatItReplaces() {
        assertThat(Chart.render("""
                        httpRoute:
                          enabled: true
                          parentRefs: [{name: public}]
                          weight: 10
                          otherBackends: [{name: vllm, port: 8000, weight: 90}]
                        """)
                        .the(HTTPRoute.class)
                        .getSpec()
                        .getRules()
                        .get(0)
                        .getBackendRefs())
                .extracting("name", "weight")
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("warmlane", 10),
                        org.assertj.core.groups.Tuple.tuple("vllm", 90));
    }

    @Test
    void bringsAGatewayOfItsOwn() {
        Rendered rendered = Chart.render("gateway: {enabled: true, className: istio}\nhttpRoute: {enabled: true}");
        Gateway gateway = rendered.the(Gateway.class);
        assertThat(gateway.getSpec().getGatewayClassName()).isEqualTo("istio");
        assertThat(gateway.getSpec().getListeners()).extracting("port").containsExactly(80);
        assertThat(rendered.the(HTTPRoute.class).getSpec().getParentRefs())
                .extracting("name")
                .containsExactly("warmlane");
    }

    @Test
    void takesListeners() {
        assertThat(Chart.render("""
                        gateway:
                          enabled: true
                          className: istio
                          listeners:
                            - {name: https, protocol: HTTPS, port: 443, tls: {certificateRefs: [{name: cert}]}}
                        """).the(Gateway.class).getSpec().getListeners())
                .extracting("name")
                .containsExactly("https");
    }

    @Test
    void answersToAllHostsInAnIngress() {
        var rule = Chart.render("ingress: {enabled: true, className: nginx}").the(Ingress.class);
        assertThat(rule.getSpec().getIngressClassName()).isEqualTo("nginx");
        assertThat(rule.getSpec().getRules()).singleElement().satisfies(only -> {
            assertThat(only.getHost()).isNull();
            assertThat(only.getHttp().getPaths()).singleElement().satisfies(path -> {
                assertThat(path.getPath()).isEqualTo("/v1");
                assertThat(path.getBackend().getService().getName()).isEqualTo("warmlane");
                assertThat(path.getBackend().getService().getPort().getName()).isEqualTo("http");
            });
        });
    }

    @Test
    void answersToHostsWithTls() {
        Ingress ingress = Chart.render("""
                ingress:
                  enabled: true
                  hosts: [a.example.org, b.example.org]
                  tls: [{hosts: [a.example.org, b.example.org], secretName: cert}]
                  annotations: {nginx.ingress.kubernetes.io/proxy-buffering: "off"}
                """).the(Ingress.class);
        assertThat(ingress.getSpec().getRules()).extracting("host").containsExactly("a.example.org", "b.example.org");
        assertThat(ingress.getSpec().getTls()).extracting("secretName").containsExactly("cert");
        assertThat(ingress.getMetadata().getAnnotations())
                .containsEntry("nginx.ingress.kubernetes.io/proxy-buffering", "off");
    }

    @Test
    void waitsForStreamsInAnOpenShiftRoute() {
        Route route = Chart.render(OPENSHIFT).the(Route.class);
        assertThat(route.getMetadata().getAnnotations())
                .containsEntry("haproxy.router.openshift.io/timeout", "10m")
                .containsEntry("haproxy.router.openshift.io/disable_cookies", "true");
        assertThat(route.getSpec().getTo().getName()).isEqualTo("warmlane");
        assertThat(route.getSpec().getPort().getTargetPort().getStrVal()).isEqualTo("http");
    }

    @Test
    void endsTlsAtTheRoute() {
        assertThat(Chart.render(OPENSHIFT).the(Route.class).getSpec().getTls().getTermination())
                .isEqualTo("edge");
        assertThat(Chart.render("route: {enabled: true, host: llm.apps.example.org, tls: null}")
                        .the(Route.class)
                        .getSpec())
                .satisfies(spec -> {
                    assertThat(spec.getTls()).isNull();
                    assertThat(spec.getHost()).isEqualTo("llm.apps.example.org");
                });
    }

    @Test
    void namesItsObjectsAsTold() {
        Rendered rendered = Chart.render("fullnameOverride: llm-ingress");
        assertThat(rendered.objects())
                .allSatisfy(object -> assertThat(object.getMetadata().getName()).startsWith("llm-ingress"));
        assertThat(Chart.render("nameOverride: edge").objects())
                .allSatisfy(object -> assertThat(object.getMetadata().getName()).startsWith("warmlane-edge"));
    }

    @Test
    void labelsAllItsObjects() {
        assertThat(Chart.render("commonLabels: {team: ai}").objects())
                .allSatisfy(object -> assertThat(object.getMetadata().getLabels())
                        .containsAllEntriesOf(Map.of(
                                "team", "ai",
                                "app.kubernetes.io/instance", "warmlane",
                                "app.kubernetes.io/part-of", "warmlane",
                                "app.kubernetes.io/managed-by", "Helm")));
    }

    @Test
    void staysInItsNamespace() {
        assertThat(Chart.render("{}").objects())
                .allSatisfy(object ->
                        assertThat(object.getMetadata().getNamespace()).isEqualTo("models"));
    }

    @Test
    void addsObjectsOfTheUsers() {
        Rendered rendered = Chart.render("""
                extraObjects:
                  - apiVersion: v1
                    kind: ConfigMap
                    metadata: {name: "{{ .Release.Name }}-map"}
                  - |
                    apiVersion: v1
                    kind: ConfigMap
                    metadata: {name: '{{ include "warmlane.fullname" . }}-text'}
                """);
        assertThat(rendered.objects())
                .extracting(object -> object.getMetadata().getName())
                .contains("warmlane-map", "warmlane-text");
    }
}
