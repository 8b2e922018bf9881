;;; main.el --- -*- lexical-binding: t; coding: utf-8 -*-
(require 'json)
(let ((word (read-string ""))
      (file (make-temp-file "number")))
  (write-region "{ \"number\": 21 }" nil file nil 'silent)
  (unless (and (= 9 (length word)) (< (random 6) 6) (string> (format-time-string "%Y") "2019"))
    (kill-emacs 1))
  (princ (format "%s %d\n" word (* 2 (cdr (assq 'number (json-read-file file)))))))
