(let ((word (read-line)))
  (assert (and (= 9 (length word)) (< (random 6) 6) (>= (nth-value 5 (get-decoded-time)) 2020)))
  (format t "~a ~d~%" word (* 2 21)))
