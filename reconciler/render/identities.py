"""The commands of the Azure CLI that set up the two identities of pipelines, as one shell script without a secret.

Two app registrations, which trust the tokens of one repository (federated credentials) and hold the permissions that
the specs need and no other. The script may be run again: what is there is left as it is. Called by `cli.permissions`.

Sources: Microsoft Entra documentation, "Configure an app to trust an external identity provider" and "Flexible
federated identity credentials"; GitHub documentation, "OpenID Connect reference"; GitLab documentation, "OpenID Connect
(OIDC) authentication using ID tokens"; Azure DevOps documentation, "Set a workload identity service connection".
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from .permissions import GRANT, GRAPH_APP, grants

_GITHUB = "https://token.actions.githubusercontent.com"
_GITLAB = "https://gitlab.com"


@dataclass(frozen=True, slots=True)
class Setup:
    """What the script is about. All texts are names without blanks and quotes: whoever makes this has looked."""

    tenant: str
    tenant_id: str | None
    owner: str
    graph: str
    """The host of Microsoft Graph in the tenant's cloud."""
    host: str
    """`github`, `gitlab` or `azure-devops`."""
    repository: str | None
    """`OWNER/NAME`, as the host writes it; None: asked for when the script is run."""
    branch: str
    environment: str
    plan: Sequence[str]
    apply: Sequence[str]
    """The permissions of each identity."""
    clients: tuple[str | None, str | None] = (None, None)
    """The client ids that the workspace has for them, to plan and to apply."""


def script(setup: Setup) -> str:
    """A POSIX shell script."""
    name = f"reconciler-{setup.owner}-{setup.tenant}"
    trusts = {"github": _github, "gitlab": _gitlab, "azure-devops": _azure_devops}[setup.host](setup)
    return "\n".join(
        [
            _HEAD.format(tenant=setup.tenant),
            _tenant(setup),
            _variables(setup),
            _functions(setup),
            f"# Reads: plans and drift.\n{_application(name, 'plan', setup.clients[0])}{trusts[0]}{grants(setup.plan)}",
            f"# Writes: apply, from a protected place alone.\n{_application(name, 'apply', setup.clients[1])}"
            f"{trusts[1]}{grants(setup.apply)}",
            _TAIL.format(tenant=setup.tenant),
        ]
    )


def _application(name: str, purpose: str, known: str | None) -> str:
    variable = f"{purpose.upper()}_CLIENT_ID"
    return f'application {name}-{purpose} {variable} "${{{variable}:-{known or ""}}}"\n{purpose}=$client\n'


def _functions(setup: Setup) -> str:
    """Those that this host needs."""
    more = _TRUST_ALL.format(graph=setup.graph) if setup.host == "gitlab" else ""
    return _FUNCTIONS + more + GRANT.format(graph=setup.graph, app=GRAPH_APP)


def _tenant(setup: Setup) -> str:
    if setup.tenant_id is None:
        return "# The workspace does not say the tenant's id.\naz account show --query tenantId --output tsv\n"
    return f"""\
signed_in=$(az account show --query tenantId --output tsv)
test "$signed_in" = {setup.tenant_id} || {{
  echo "signed in to the tenant $signed_in: run az login --tenant {setup.tenant_id} --allow-no-subscriptions" >&2
  exit 1
}}
"""


def _variables(setup: Setup) -> str:
    if setup.host == "azure-devops":
        return ""
    if setup.repository:
        return f"repository={shlex.quote(setup.repository)}\n"
    return "repository=${REPOSITORY:?set it to the repository, as OWNER/NAME}\n"


def _github(setup: Setup) -> tuple[str, str]:
    """What the two identities trust: pull requests and the branch; the environment."""
    return (
        f'trust pull-requests {_GITHUB} "repo:$repository:pull_request"\n'
        f'trust {_label(setup.branch)} {_GITHUB} "repo:$repository:ref:refs/heads/{setup.branch}"\n',
        f'trust {_label(setup.environment)} {_GITHUB} "repo:$repository:environment:{setup.environment}"\n',
    )


def _gitlab(setup: Setup) -> tuple[str, str]:
    """Merge requests run on branches of any name, so the reading identity trusts them all, by an expression."""
    branch = f'"project_path:$repository:ref_type:branch:ref:{setup.branch}"'
    every = "claims['sub'] matches 'project_path:$repository:ref_type:branch:ref:*'"
    return (
        f'issuer=${{ISSUER:-{_GITLAB}}} # of your own instance: its address\ntrust_all branches "$issuer" "{every}"\n',
        f'trust {_label(setup.branch)} "$issuer" {branch}\n',
    )


def _azure_devops(setup: Setup) -> tuple[str, str]:
    """Azure DevOps shows issuer and subject once the service connection is there, which wants the application first."""
    return _connection("plan"), _connection("apply")


def _connection(purpose: str) -> str:
    variable = purpose.upper()
    return f"""\
if [ -n "${{{variable}_ISSUER:-}}" ]; then
  trust intune-{purpose} "${variable}_ISSUER" "${{{variable}_SUBJECT:?}}"
else
  echo "Make the service connection intune-{purpose} (workload identity federation, manual) for $client."
  echo "Then run this again with what it shows as issuer and subject in {variable}_ISSUER and {variable}_SUBJECT,"
  echo "and with {variable}_CLIENT_ID=$client"
fi
"""


def _label(name: str) -> str:
    """The name of a federated credential takes letters, digits, `-` and `_`."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in name)[:60]


_HEAD = """\
#!/bin/sh
# Sets up the identities of pipelines for the tenant {tenant}: one that can only read, one that may write.
# Run it signed in (az login) as somebody who may register applications and consent to application permissions. It makes
# no secret, and may be run again: what is there is left as it is, and an application that was made a moment ago may not
# be found at once. An application that is there is used only if its id is said, here or in reconciler.yaml. Nobody has
# run this against a live tenant: read it first.
set -eu
"""

_FUNCTIONS = """\
# The application of this name ($1), registered if there is none: its id in $client, that of its service principal in
# $principal. One that is there is taken only if its id is known ($3): anybody who may register applications could have
# made one of this name, and whoever owns it could sign in as it with what is granted here.
application() {
  client=$3
  if [ -z "$client" ]; then
    client=$(az ad app list --display-name "$1" --query "[?displayName=='$1'].appId" --output tsv)
    test -z "$client" || {
      echo "There is an application called $1 already: $client" >&2
      echo "If it is yours, set $2 to that id and run this again (or put it into reconciler.yaml first)." >&2
      echo "If not, find out whose it is: what is granted to it, its owner can use." >&2
      exit 1
    }
    client=$(az ad app create --display-name "$1" --sign-in-audience AzureADMyOrg --query appId --output tsv)
    echo "Made $1. Should this stop further on, run it again with $2=$client"
  fi
  principal=$(az ad sp list --filter "appId eq '$client'" --query '[].id' --output tsv)
  if [ -z "$principal" ]; then principal=$(az ad sp create --id "$client" --query id --output tsv); fi
  echo "$1: $client"
}
# Lets the application be signed in to with the tokens of this issuer for this subject.
trust() {
  held=$(az ad app federated-credential list --id "$client" --output tsv \\
    --query "[?issuer=='$2' && subject=='$3'].name")
  test -z "$held" || { echo "trusts $3 already"; return 0; }
  az ad app federated-credential create --id "$client" --output none --parameters \\
    "{\\"name\\": \\"$1\\", \\"issuer\\": \\"$2\\", \\"subject\\": \\"$3\\", \\"audiences\\": [\\"api://AzureADTokenExchange\\"]}"
  echo "trusts $3"
}
"""

_TRUST_ALL = """\
# The same for every subject that an expression matches (a flexible federated identity credential).
trust_all() {{
  credentials="https://{graph}/beta/applications(appId='$client')/federatedIdentityCredentials"
  held=$(az rest --method GET --url "$credentials" --query "value[?name=='$1'].id" --output tsv)
  test -z "$held" || {{ echo "trusts $1 already"; return 0; }}
  az rest --method POST --url "$credentials" --output none --body "{{\\"name\\": \\"$1\\", \\"issuer\\": \\"$2\\", \\
\\"audiences\\": [\\"api://AzureADTokenExchange\\"], \\
\\"claimsMatchingExpression\\": {{\\"value\\": \\"$3\\", \\"languageVersion\\": 1}}}}"
  echo "trusts $3"
}}
"""

_TAIL = """\
echo
echo "Put this into reconciler.yaml, at the tenant {tenant}:"
echo "    auth:"
echo "      plan: {{method: workload-identity, clientId: $plan}}"
echo "      apply: {{method: workload-identity, clientId: $apply}}"
"""
