namespace Sandbox.Policies;

/// <summary>
/// Looks up every name of a policy and of those it extends, for one architecture. For each call the order is:
/// this file's rules, its deny, its allow, then the same of what it extends, then unlisted; the first that holds
/// decides. A rule that allows a call on conditions takes it out of every plain "allow" that follows, or the list
/// would let through what the conditions keep out; and a group or wildcard in an extending policy brings such a
/// call on those conditions only, since whoever writes it has not thought of that call.
/// </summary>
/// <param name="arch">The <c>AUDIT_ARCH_</c> value.</param>
/// <param name="variant">What the job is, so that the rules for such jobs count.</param>
/// <param name="problems">Takes what is wrong.</param>
internal sealed class PolicyResolver(uint arch, PolicyVariant variant, PolicyProblems problems)
{
    private const string Execve = "execve";

    private readonly SortedDictionary<int, List<SyscallClause>> _clauses = [];
    private readonly HashSet<int> _closed = [];

    public static ResolvedPolicy Resolve(PolicySource source, uint arch, PolicyVariant variant)
    {
        var problems = new PolicyProblems();
        var library = new PolicyLibrary(problems);
        var chain = library.Chain(source);
        var resolved = new PolicyResolver(arch, variant, problems).Resolve(chain, library.Groups());
        problems.ThrowIfAny();
        return resolved;
    }

    private ResolvedPolicy Resolve(IReadOnlyList<PolicyDocument> chain, PolicyDocument groups)
    {
        // The filter is in force when the sandbox itself execs the job's command.
        Append(SyscallTable.Number(Execve, arch)!.Value, new SyscallClause { Action = PolicyAction.Allow, Alternatives = [[]] });
        var names = chain.Select((_, i) => new SyscallNames(arch, [.. chain.Skip(i), groups], problems)).ToList();
        var rules = chain.Select((document, i) => Rules(document, names[i])).ToList();
        for (var i = 0; i < chain.Count; i++)
        {
            Add(chain[i], names[i], rules[i], [.. rules.Skip(i + 1)]);
        }

        var unlisted = Unlisted(chain.Select(document => document.Unlisted).FirstOrDefault(word => word is not null));
        PolicyGuard.AddTo(_clauses, unlisted, arch);
        SignalWitness.AddTo(_clauses, arch);
        if (variant.HasFlag(PolicyVariant.NoNetwork))
        {
            SocketWitness.AddTo(_clauses, arch);
        }

        return new ResolvedPolicy
        {
            Arch = arch,
            Unlisted = unlisted,
            Clauses = _clauses.ToDictionary(entry => entry.Key, entry => (IReadOnlyList<SyscallClause>)entry.Value),
        };
    }

    private void Add(PolicyDocument document, SyscallNames names, CallRules rules, IReadOnlyList<CallRules> extended)
    {
        names.Check(document.Groups.Values);
        foreach (var (number, clauses) in rules.Clauses)
        {
            Append(number, clauses);
        }

        _closed.UnionWith(rules.Closed);

        var denied = new Dictionary<int, uint>();
        foreach (var (word, calls) in document.Deny)
        {
            var action = Action(word);
            if (action == PolicyAction.Allow)
            {
                problems.Add(word, "\"deny\" cannot allow");
            }

            foreach (var (name, literal) in names.Expand(calls))
            {
                var number = SyscallTable.Number(name, arch)!.Value;
                if (name == Execve && literal)
                {
                    problems.Add(word, "execve cannot be denied: the sandbox starts the job's command with it");
                }

                if (!denied.TryAdd(number, action) && denied[number] != action && literal)
                {
                    problems.Add(word, $"{name} is denied with another action already");
                }

                Append(number, new SyscallClause { Action = action, Alternatives = [[]] });
            }
        }

        foreach (var (name, literal) in names.Expand(document.Allow))
        {
            var number = SyscallTable.Number(name, arch)!.Value;
            if (!literal && extended.FirstOrDefault(other => other.Closed.Contains(number)) is { } conditions)
            {
                Append(number, conditions.Clauses[number]);
            }
            else
            {
                Append(number, new SyscallClause { Action = PolicyAction.Allow, Alternatives = [[]] });
            }
        }
    }

    private CallRules Rules(PolicyDocument document, SyscallNames names)
    {
        var rules = new CallRules([], []);
        foreach (var rule in document.Rules)
        {
            var action = Action(rule.Action);
            foreach (var (name, literal) in names.Expand(rule.Calls))
            {
                var number = SyscallTable.Number(name, arch)!.Value;
                var alternatives = new ConditionMatches(problems).For(name, rule.When);
                if (alternatives.Count == 0)
                {
                    problems.Add(rule.Action, $"the conditions on {name} can never hold together");
                }

                if (name == Execve && literal && !PolicyAction.LetsThrough(action))
                {
                    problems.Add(rule.Action, "execve cannot be denied: the sandbox starts the job's command with it");
                }

                if (!variant.HasFlag(rule.Only))
                {
                    continue;
                }

                rules.Add(number, new SyscallClause { Action = action, Alternatives = alternatives });
                if (PolicyAction.LetsThrough(action) && rule.When.Count > 0)
                {
                    rules.Closed.Add(number);
                }
            }
        }

        return rules;
    }

    private void Append(int number, IReadOnlyList<SyscallClause> clauses)
    {
        foreach (var clause in clauses)
        {
            Append(number, clause);
        }
    }

    private void Append(int number, SyscallClause clause)
    {
        if (_closed.Contains(number) && clause.IsUnconditional && PolicyAction.LetsThrough(clause.Action))
        {
            return;
        }

        if (!_clauses.TryGetValue(number, out var clauses))
        {
            _clauses.Add(number, clauses = []);
        }
        // What follows a clause that always holds is never reached.
        if (clauses.Count == 0 || !clauses[^1].IsUnconditional)
        {
            clauses.Add(clause);
        }
    }

    private uint Unlisted(PolicyWord? word)
    {
        if (word is null)
        {
            return PolicyAction.TryParse("errno ENOSYS", out var fallback, out _) ? fallback : 0;
        }

        var action = Action(word);
        if (action == PolicyAction.Allow)
        {
            problems.Add(word, "calls that nobody has thought of cannot be allowed; \"log\" lets them through and writes them to the audit log");
        }

        return action;
    }

    private uint Action(PolicyWord word)
    {
        if (!PolicyAction.TryParse(word.Text, out var action, out var problem))
        {
            problems.Add(word, problem);
        }

        return action;
    }

    /// <summary>The rules of one file by call number, and the calls that it allows on conditions.</summary>
    private sealed record CallRules(Dictionary<int, List<SyscallClause>> Clauses, HashSet<int> Closed)
    {
        public void Add(int number, SyscallClause clause)
        {
            if (!Clauses.TryGetValue(number, out var clauses))
            {
                Clauses.Add(number, clauses = []);
            }

            clauses.Add(clause);
        }
    }
}
