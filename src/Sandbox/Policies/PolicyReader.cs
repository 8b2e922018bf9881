using System.Text.Json;
using Sandbox.Jobs;

namespace Sandbox.Policies;

/// <summary>Turns a policy's JSON into a <see cref="PolicyDocument"/>; unknown members and wrong types are problems.</summary>
internal sealed class PolicyReader(PolicyProblems problems)
{
    private static readonly string[] s_policy = ["description", "extends", "unlisted", "groups", "allow", "deny", "rules"];
    private static readonly string[] s_rule = ["syscalls", "when", "devices", "network", "action"];
    private static readonly string[] s_condition = ["arg", "mask", "equals", "in"];

    public PolicyDocument Read(PolicySource source)
    {
        if (new PolicyJson(source, problems).Read() is not { } root || !IsObject(root, "a policy"))
        {
            return new PolicyDocument();
        }

        var members = Members(root, s_policy);
        if (members.TryGetValue("description", out var description))
        {
            Text(description);
        }

        return new PolicyDocument
        {
            Extends = members.TryGetValue("extends", out var extends) ? Text(extends) : null,
            Unlisted = members.TryGetValue("unlisted", out var unlisted) ? Text(unlisted) : null,
            Groups = members.TryGetValue("groups", out var groups) ? Groups(groups) : new(),
            Allow = members.TryGetValue("allow", out var allow) ? Texts(allow) : [],
            Deny = members.TryGetValue("deny", out var deny) ? Deny(deny) : [],
            Rules = members.TryGetValue("rules", out var rules) ? Rules(rules) : [],
        };
    }

    private Dictionary<string, IReadOnlyList<PolicyWord>> Groups(PolicyNode node)
    {
        var groups = new Dictionary<string, IReadOnlyList<PolicyWord>>(StringComparer.Ordinal);
        foreach (var (name, calls) in ObjectMembers(node, "groups by name"))
        {
            if (name.Text.Length < 2 || name.Text[0] != '@')
            {
                problems.Add(name, "a group's name starts with \"@\"");
            }

            groups[name.Text] = Texts(calls);
        }

        return groups;
    }

    private List<(PolicyWord Action, IReadOnlyList<PolicyWord> Calls)> Deny(PolicyNode node) =>
        [.. ObjectMembers(node, "lists of calls by action").Select(entry => (entry.Name, (IReadOnlyList<PolicyWord>)Texts(entry.Value)))];

    private List<PolicyRule> Rules(PolicyNode node)
    {
        var rules = new List<PolicyRule>();
        foreach (var item in Items(node, "rules"))
        {
            if (!IsObject(item, "a rule"))
            {
                continue;
            }

            var members = Members(item, s_rule);
            if (Required(item, members, "syscalls") is not { } calls || Required(item, members, "action") is not { } action)
            {
                continue;
            }

            if (Text(action) is not { } word)
            {
                continue;
            }

            rules.Add(new PolicyRule
            {
                Calls = Texts(calls),
                Action = word,
                When = members.TryGetValue("when", out var when) ? Conditions(when) : [],
                Only = Only(members),
            });
        }

        return rules;
    }

    private List<PolicyCondition> Conditions(PolicyNode node)
    {
        var conditions = new List<PolicyCondition>();
        if (node is { Kind: JsonTokenType.StartArray, Items.Count: 0 })
        {
            problems.Add(node.Word, "an empty \"when\" is ambiguous: leave it out for a rule without conditions");
        }

        foreach (var item in Items(node, "conditions"))
        {
            if (IsObject(item, "a condition") && Condition(item) is { } condition)
            {
                conditions.Add(condition);
            }
        }

        return conditions;
    }

    private PolicyCondition? Condition(PolicyNode node)
    {
        var members = Members(node, s_condition);
        if (Required(node, members, "arg") is not { } argument)
        {
            return null;
        }

        if (argument.Word.Text is not ("0" or "1" or "2" or "3" or "4" or "5"))
        {
            problems.Add(argument.Word, "must be an argument's number, 0 to 5");
            return null;
        }

        if (members.ContainsKey("equals") == members.ContainsKey("in"))
        {
            problems.Add(node.Word, "needs either \"equals\" or \"in\"");
            return null;
        }

        return new PolicyCondition
        {
            Argument = argument.Word.Text[0] - '0',
            Mask = members.TryGetValue("mask", out var mask) ? Value(mask) : null,
            Values = members.TryGetValue("equals", out var equals)
                ? [.. Value(equals) is { } one ? new[] { one } : []]
                : Values(members["in"]),
        };
    }

    private List<PolicyWord> Values(PolicyNode node)
    {
        var values = Items(node, "values").Select(Value).OfType<PolicyWord>().ToList();
        if (node is { Kind: JsonTokenType.StartArray, Items.Count: 0 })
        {
            problems.Add(node.Word, "an empty list can never match");
        }

        return values;
    }

    private PolicyWord? Value(PolicyNode node)
    {
        if (node.Kind is JsonTokenType.String or JsonTokenType.Number)
        {
            return node.Word;
        }

        problems.Add(node.Word, "must be a name such as \"AF_UNIX\" or a number");
        return null;
    }

    private PolicyWord? Text(PolicyNode node)
    {
        if (node.Kind == JsonTokenType.String)
        {
            return node.Word;
        }

        problems.Add(node.Word, "must be a text");
        return null;
    }

    private PolicyVariant Only(Dictionary<string, PolicyNode> members)
    {
        var only = PolicyVariant.None;
        if (members.TryGetValue("devices", out var devices))
        {
            only |= PolicyVariant.Devices;
            if (devices.Kind != JsonTokenType.True)
            {
                problems.Add(devices.Word, "must be true: the rule then counts only in a job whose file names devices");
            }
        }

        if (members.TryGetValue("network", out var network))
        {
            only |= PolicyVariant.OwnNetwork;
            if (network.Kind != JsonTokenType.String || network.Word.Text != "own")
            {
                problems.Add(network.Word, "must be \"own\": the rule then counts only in a job that has not the host's network");
            }
        }

        return only;
    }

    private List<PolicyWord> Texts(PolicyNode node) => [.. Items(node, "names of system calls").Select(Text).OfType<PolicyWord>()];

    private IReadOnlyList<PolicyNode> Items(PolicyNode node, string what)
    {
        if (node.Kind != JsonTokenType.StartArray)
        {
            problems.Add(node.Word, $"must be a list of {what}");
        }

        return node.Items;
    }

    private IReadOnlyList<(PolicyWord Name, PolicyNode Value)> ObjectMembers(PolicyNode node, string what)
    {
        if (node.Kind != JsonTokenType.StartObject)
        {
            problems.Add(node.Word, $"must be an object: {what}");
        }

        return node.Members;
    }

    private bool IsObject(PolicyNode node, string what)
    {
        if (node.Kind == JsonTokenType.StartObject)
        {
            return true;
        }

        problems.Add(node.Word, $"{what} must be an object");
        return false;
    }

    private PolicyNode? Required(PolicyNode owner, Dictionary<string, PolicyNode> members, string name)
    {
        if (members.TryGetValue(name, out var member))
        {
            return member;
        }

        problems.Add(owner.Word, $"\"{name}\" is missing");
        return null;
    }

    private Dictionary<string, PolicyNode> Members(PolicyNode node, string[] known)
    {
        var members = new Dictionary<string, PolicyNode>(StringComparer.Ordinal);
        foreach (var (name, value) in node.Members)
        {
            if (known.Contains(name.Text))
            {
                members.Add(name.Text, value);
            }
            else
            {
                problems.Add(name, $"unknown member \"{name.Text}\"", Suggestions.For(name.Text, known));
            }
        }

        return members;
    }
}
