// Reads each *.eml of a folder with mailparser; facts as JSON, as read_mails.py has them.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

// mailparser is where the test has installed it, not beside this file.
const [folder, modules] = process.argv.slice(2);
const { simpleParser } = createRequire(join(modules, "package.json"))("mailparser");

const boxes = (field) => (field ? field.value.map((box) => [box.name, box.address]) : []);
const all = {};
for (const name of readdirSync(folder).filter((each) => each.endsWith(".eml")).sort()) {
  const mail = await simpleParser(readFileSync(join(folder, name)));
  const calendars = mail.attachments.filter((part) => /calendar|ics/.test(part.contentType));
  const invitation = mail.attachments.find((part) => part.contentType === "text/calendar");
  const header = (key) => mail.headerLines.filter((line) => line.key === key);
  all[name] = {
    parts: mail.attachments.map((part) => part.contentType),
    calendars: calendars.map((part) => part.content.toString("utf8")),
    text: mail.text,
    html: mail.html,
    from: boxes(mail.from),
    to: boxes(mail.to),
    "reply-to": boxes(mail.replyTo),
    cc: boxes(mail.cc),
    bcc: boxes(mail.bcc),
    subject: mail.subject,
    "message-id": mail.messageId,
    references: mail.references ? [mail.references].flat().join(" ") : null,
    "in-reply-to": mail.inReplyTo ?? null,
    "auto-submitted": mail.headers.get("auto-submitted"),
    date: mail.date.getTime() / 1000,
    header_names: mail.headerLines.map((line) => line.key).sort(),
  };
  if (invitation) {
    const type = header("content-type");
    all[name].calendar_type = type.length ? type[0].line : "";
  }
}
process.stdout.write(JSON.stringify(all));
