{{- define "warmlane.name" -}}
{{- include "warmlane.cut" (default .Chart.Name .Values.nameOverride) -}}
{{- end -}}

{{/* Short enough that every suffix of this chart fits into 63 characters, and ending as names may. */}}
{{- define "warmlane.cut" -}}
{{- regexReplaceAll "[-.]+$" (trunc 40 .) "" -}}
{{- end -}}

{{- define "warmlane.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- include "warmlane.cut" .Values.fullnameOverride -}}
{{- else -}}
{{- /* Helm allows more for the name of a release than Kubernetes does for that of a Service. */ -}}
{{- if not (regexMatch "^[a-z][-a-z0-9]*$" .Release.Name) -}}
{{- fail (printf "release name: %s (expected: a letter first and no dots, or a fullnameOverride)" .Release.Name) -}}
{{- end -}}
{{- $name := include "warmlane.name" . -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | include "warmlane.cut" -}}
{{- end -}}
{{- end -}}

{{/* Names of the gateway's pods, for PromQL: a release whose name begins with this one's has others. */}}
{{- define "warmlane.podPattern" -}}
{{- printf "%s-[a-z0-9]+-[a-z0-9]+" (include "warmlane.fullname" .) -}}
{{- end -}}

{{- define "warmlane.enginesName" -}}
{{- printf "%s-vllm" (include "warmlane.fullname" .) -}}
{{- end -}}

{{- define "warmlane.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "warmlane.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* Of the gateway's pods; never changes between releases, because a Deployment's selector cannot. */}}
{{- define "warmlane.selectorLabels" -}}
app.kubernetes.io/name: {{ include "warmlane.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: gateway
{{- end -}}

{{- define "warmlane.enginesSelectorLabels" -}}
app.kubernetes.io/name: {{ include "warmlane.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: vllm
{{- end -}}

{{/* The same as one label selector. */}}
{{- define "warmlane.enginesSelector" -}}
{{- $terms := list -}}
{{- range $label, $value := include "warmlane.enginesSelectorLabels" . | fromYaml -}}
{{- $terms = append $terms (printf "%s=%s" $label $value) -}}
{{- end -}}
{{- join "," $terms -}}
{{- end -}}

{{/* Of the vLLM pods of one role. Takes a list: the root and the role, which is empty where pods do both. */}}
{{- define "warmlane.roleName" -}}
{{- $role := index . 1 -}}
{{- include "warmlane.enginesName" (index . 0) }}{{ with $role }}-{{ . }}{{ end -}}
{{- end -}}

{{- define "warmlane.roleSelectorLabels" -}}
{{- include "warmlane.enginesSelectorLabels" (index . 0) }}
{{- with index . 1 }}
warmlane.dev/role: {{ . }}
{{- end }}
{{- end -}}

{{- define "warmlane.roleLabels" -}}
{{- $role := index . 1 -}}
{{- include "warmlane.labels" (list (index . 0) "vllm" (ternary (dict "warmlane.dev/role" $role) dict (ne $role ""))) }}
{{- end -}}

{{/* The roles of vLLM pods as a YAML list: one empty role where each does both. */}}
{{- define "warmlane.roles" -}}
{{- if and .Values.vllm.roles.enabled (ne .Values.vllm.scaling.by "none") -}}
{{- fail (printf "vllm.scaling.by: %s (expected: none with vllm.roles, because the advice is about pods that do both)" .Values.vllm.scaling.by) -}}
{{- end -}}
{{- ternary (list "prefill" "decode") (list "") .Values.vllm.roles.enabled | toYaml -}}
{{- end -}}

{{/* Of all objects. Takes a list: the root, the component, and labels of this object's own, which come before common ones. */}}
{{- define "warmlane.labels" -}}
{{- $root := index . 0 -}}
{{- $labels := dict
    "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-")
    "app.kubernetes.io/name" (include "warmlane.name" $root)
    "app.kubernetes.io/instance" $root.Release.Name
    "app.kubernetes.io/component" (index . 1)
    "app.kubernetes.io/version" $root.Chart.AppVersion
    "app.kubernetes.io/part-of" "warmlane"
    "app.kubernetes.io/managed-by" $root.Release.Service -}}
{{- range rest (rest .) -}}{{- $labels = merge $labels (default dict .) -}}{{- end -}}
{{- merge $labels (default dict $root.Values.commonLabels) | toYaml -}}
{{- end -}}

{{/* Takes a list: an image of the values and its tag where they give none. */}}
{{- define "warmlane.imageOf" -}}
{{- $image := index . 0 -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository (default (index . 1) $image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "warmlane.image" -}}
{{- include "warmlane.imageOf" (list .Values.image .Chart.AppVersion) -}}
{{- end -}}

{{/* What the Pod Security Standard "restricted" asks of a pod. Takes a list: the root and the user. */}}
{{- define "warmlane.podSecurity" -}}
{{- $root := index . 0 -}}
runAsNonRoot: true
{{- if not $root.Values.openshift.enabled }}
runAsUser: {{ index . 1 | int64 }}
runAsGroup: {{ index . 1 | int64 }}
fsGroup: {{ index . 1 | int64 }}
{{- end }}
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* What it asks of a container. */}}
{{- define "warmlane.containerSecurity" -}}
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Takes the name of a group of values, and the group: fails where its bounds leave no number between them. */}}
{{- define "warmlane.checkBounds" -}}
{{- $group := index . 1 -}}
{{- if lt (int $group.maxReplicas) (int $group.minReplicas) -}}
{{- fail (printf "%s.maxReplicas: %v (expected: at least minReplicas, %v)" (index . 0) $group.maxReplicas $group.minReplicas) -}}
{{- end -}}
{{- end -}}
