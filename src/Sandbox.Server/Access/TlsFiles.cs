using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Sandbox.Server.Access;

// Sessions are not resumed: a ticket would let in whose certificate the server would not take any more, once it was told of other authorities.

/// <summary>The server's certificate, and the authorities whose certificates clients may show.</summary>
internal sealed class TlsFiles
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2"; // id-kp-clientAuth (RFC 5280, 4.2.1.12)
    private const int MaxBytes = 1 << 20;

    private readonly SslStreamCertificateContext _own;
    private readonly X509Certificate2Collection _authorities;
    private readonly bool _isNeeded;

    private TlsFiles(SslStreamCertificateContext own, X509Certificate2Collection authorities, bool isNeeded) => (_own, _authorities, _isNeeded) = (own, authorities, isNeeded);

    /// <summary>Reads them.</summary>
    /// <param name="certificate">Path of a PEM file with the server's certificate and those between it and its authority.</param>
    /// <param name="key">Path of a PEM file with its key.</param>
    /// <param name="authorities">Path of a PEM file with the authorities of clients; null for none.</param>
    /// <param name="isNeeded">Clients have nothing else to show than a certificate.</param>
    /// <param name="problem">Takes what is wrong, in a sentence.</param>
    /// <returns>Null if anything is.</returns>
    public static TlsFiles? Read(string certificate, string key, string? authorities, bool isNeeded, Action<string> problem)
    {
        var chain = Try(certificate, problem, static text => Certificates(text));
        var own = chain is null ? null : Try(key, problem, text => WithKey(chain[0], text), isSecret: true);
        var known = authorities is null ? [] : Try(authorities, problem, static text => Certificates(text));
        return own is null || known is null ? null : new(SslStreamCertificateContext.Create(own, [.. chain!.Skip(1)], offline: true), known, isNeeded);
    }

    /// <summary>The name of whoever shows a certificate that was let in: <c>cn:</c> and its common name, or <c>sha256:</c> and its fingerprint if it has no plain one.</summary>
    public static string TenantOf(X509Certificate2 certificate)
    {
        var names = certificate.SubjectName.EnumerateRelativeDistinguishedNames()
            .Where(static part => !part.HasMultipleElements && part.GetSingleElementType().Value == "2.5.4.3").Select(static part => part.GetSingleElementValue()).ToList();
        return names is [{ } name] && TokenFile.IsTenant(name) ? "cn:" + name : "sha256:" + certificate.GetCertHashString(HashAlgorithmName.SHA256);
    }

    /// <summary>What a handshake goes by.</summary>
    public SslServerAuthenticationOptions Options()
    {
        var asks = _authorities.Count > 0;
        return new()
        {
            ServerCertificateContext = _own,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = [SslApplicationProtocol.Http11],
            AllowRenegotiation = false,
            AllowTlsResume = false,
            ClientCertificateRequired = asks,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = asks ? Policy() : null,
            RemoteCertificateValidationCallback = (_, shown, _, errors) => IsLetIn(asks, shown is not null, errors),
        };
    }

    // A certificate that was shown and is not good is refused also where a token would do.
    private bool IsLetIn(bool asks, bool isShown, SslPolicyErrors errors) => !asks || (isShown ? errors == SslPolicyErrors.None : !_isNeeded);

    private X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(_authorities);
        policy.ApplicationPolicy.Add(new(ClientAuthentication));
        return policy;
    }

    private static X509Certificate2Collection Certificates(string text)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPem(text);
        return all.Count > 0 ? all : throw new CryptographicException("there is no certificate in it (PEM)");
    }

    private static X509Certificate2 WithKey(X509Certificate2 certificate, string key)
    {
        try
        {
            return X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), key);
        }
        catch (Exception wrong) when (wrong is CryptographicException or ArgumentException)
        {
            throw new CryptographicException("it is not the key of the certificate (PEM, not encrypted)");
        }
    }

    private static T? Try<T>(string path, Action<string> problem, Func<string, T> read, bool isSecret = false)
        where T : class
    {
        try
        {
            return read(Encoding.UTF8.GetString(isSecret ? PrivateFile.Read(path, MaxBytes, mayBeLink: true, mayBeRootsGroups: true) : InputFile.Read(path, MaxBytes)));
        }
        catch (Exception wrong) when (wrong is IOException or CryptographicException or ArgumentException)
        {
            problem($"{DisplayText.Quote(path)}: {wrong.Message}");
            return null;
        }
    }
}
